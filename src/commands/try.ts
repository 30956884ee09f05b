import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usage } from '../model/errors.ts';
import type { BakeEvent, Emit, Outcome } from '../model/events.ts';
import { nodeId, parseRegion, type Region } from '../model/ids.ts';
import { type Config, type Image, instanceProfileOf } from '../model/image.ts';
import type { TrialReport } from '../model/trial.ts';
import { USER_DATA_LIMIT } from '../model/user-data.ts';
import { junit } from '../report/junit.ts';
import type { Mask } from '../report/mask.ts';
import { chooseColor } from '../report/mode.ts';
import { trialText } from '../report/trial-text.ts';
import { tryImage } from '../run/try/try-image.ts';
import { acting } from './acting.ts';
import { buildUserData } from './build-user-data.ts';
import { connect } from './connect.ts';
import { findVersion } from './find-version.ts';
import { type CommandIo, type CommonOptions, columnsOf, print } from './io.ts';
import { loadProject } from './load-project.ts';
import { openTrials } from './open-try.ts';
import { pointedAt } from './pointed-at.ts';
import { requirePublished } from './require-published.ts';
import { parseArchitectures, selectImages } from './selection.ts';

export interface TryOptions extends CommonOptions {
  readonly arch?: string;
  readonly region?: string;
  readonly clones?: string;
  readonly userData?: string;
  readonly channel?: string;
  readonly promoted?: string;
  readonly junit?: string;
  readonly keep?: boolean;
}

const MOST_CLONES = 8;

/** `bake try <image>[@version]`: launches it, checks that what was baked is there, twice; runs the layers' tests; ends it. */
export async function tryCommand(reference: string, options: TryOptions, io: CommandIo): Promise<number> {
  const reports: TrialReport[] = [];
  let mask: Mask | undefined;
  const { exitCode } = await acting(options, io, (acts) => {
    mask = acts.mask;
    const keeping: Emit = (event: BakeEvent) => {
      if (event.type === 'trial-finished') reports.push(event.report);
      acts.emit(event);
    };
    return tryVersion(reference, options, io, keeping);
  });
  // What layers' tests have printed may hold anything.
  const masked = (text: string) => mask?.text(text) ?? text;
  if (options.junit !== undefined) await writeFile(resolve(io.cwd, options.junit), masked(junit(reports)));
  if (options.json) return exitCode;
  const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
  for (const report of reports) {
    if (report.clones.length > 0) print(io, masked(trialText(report, { columns: columnsOf(io), color })));
  }
  return exitCode;
}

async function tryVersion(
  reference: string,
  options: TryOptions,
  io: CommandIo,
  emit: Emit,
): Promise<ReadonlyMap<string, Outcome>> {
  if (options.promoted !== undefined && reference.includes('@'))
    throw usage(
      '--promoted says which version it is',
      `bake try ${reference.split('@')[0]} --promoted ${options.promoted}`,
    );
  const clones = parseClones(options.clones);
  const given = await readUserData(options, io);
  const config = await loadProject(options, io);
  const [name = ''] = reference.split('@');
  const [image] = selectImages(config, [name]);
  if (image === undefined) throw new Error(`${name} was not selected`);
  const architectures = parseArchitectures(options.arch, [image]);
  const region = options.region === undefined ? config.region : regionOption(options.region);
  const userData = given ?? (await usualUserData(config, image, options, io));

  const connected = await connect(config, options, io, emit);
  if (!connected.machines) throw noMachines();
  if (given === undefined) await requirePublished(image, region, connected, options, io, emit);
  const profile = instanceProfileOf(image);
  if (profile !== undefined) await connected.ensureInstanceProfile(profile);
  const promoted = (channel: string) =>
    Promise.all(
      (architectures ?? image.architectures).map(async (architecture) => ({
        architecture,
        ...(await pointedAt({ config, image, architecture, channel, region, connected, signal: io.signal })),
      })),
    );
  const { effects, trialOf } = await openTrials({ config, image, region, connected, emit, signal: io.signal });
  const images = await effects.images.list(config.project);
  const keep = options.keep ?? false;
  const trials =
    options.promoted === undefined
      ? findVersion(reference, architectures, images).map((one) => trialOf(one, { clones, userData, keep }))
      : (await promoted(options.promoted)).map(({ imageId, version, architecture }) => {
          const [one] = findVersion(`${name}@${version}`, [architecture], images);
          if (one === undefined) throw new Error(`${version} was not found`);
          return trialOf(one, { clones, userData, keep, imageId });
        });

  const outcomes = new Map<string, Outcome>();
  for (const trial of trials) {
    const { image: tried, architecture } = trial.known;
    outcomes.set(nodeId(tried, architecture), await tryImage(trial, effects));
    io.signal.throwIfAborted();
  }
  return outcomes;
}

function regionOption(text: string): Region {
  const region = parseRegion(text);
  if (region === undefined) throw usage(`--region ${JSON.stringify(text)} is not a region such as eu-west-1`);
  return region;
}

/** What its instances are launched with. */
async function usualUserData(config: Config, image: Image, { channel }: TryOptions, { signal }: CommandIo) {
  return (await buildUserData({ config, image, channel, standalone: false, signal }))?.bytes;
}

function parseClones(text = '1'): number {
  const clones = Number(text);
  if (Number.isInteger(clones) && clones >= 1 && clones <= MOST_CLONES) return clones;
  throw usage(`--clones ${JSON.stringify(text)} is not a number from 1 to ${MOST_CLONES}`);
}

async function readUserData({ userData: file, channel }: TryOptions, io: CommandIo): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  if (channel !== undefined) throw usage('--channel says nothing where --user-data says all', 'Leave one of them out.');
  const content = await readFile(resolve(io.cwd, file));
  if (content.length <= USER_DATA_LIMIT) return content;
  throw usage(
    `${file} has ${content.length} bytes, and user-data at most ${USER_DATA_LIMIT}`,
    'Compress it with gzip.',
  );
}

const noMachines = () =>
  usage(
    'there is no machine to try: this sandbox emulates the API alone',
    'bake sandbox down, then bake sandbox up --machines.',
  );
