import { type Given, withGiven } from '../config/given.ts';
import type { Why } from '../model/comparison.ts';
import { usage } from '../model/errors.ts';
import type { Config } from '../model/image.ts';
import { lineageOf } from '../plan/image-state.ts';
import { epochsAt } from '../plan/refresh.ts';
import { comparedWith, whyAbout, whyBaked, whyNext } from '../plan/why.ts';
import { whyText } from '../report/change-text.ts';
import { createMask } from '../report/mask.ts';
import { chooseColor } from '../report/mode.ts';
import { finishedAmis, recordsOf } from './compared.ts';
import { connect } from './connect.ts';
import { type CommandIo, type CommonOptions, print, printJson } from './io.ts';
import { namesOf, requireName } from './list.ts';
import { loadProject } from './load-project.ts';
import { observeAndPlan } from './observe.ts';
import { openBakeTools } from './open-bake.ts';
import { openCloud } from './open-cloud.ts';
import { openRecords } from './open-records.ts';
import { orAborted } from './or-aborted.ts';
import { newRunId, nonceOf } from './run-id.ts';
import { parseArchitectures, selectImages } from './selection.ts';
import { setupOnStderr } from './setup-events.ts';

export interface WhyOptions extends CommonOptions, Given {
  readonly arch?: string;
}

interface Found {
  readonly config: Config;
  readonly whys: readonly Why[];
}

/**
 * `bake why <image>`: why it would be baked, or since when it is up to date; `bake why <image>@<version>`: why that was
 * baked. What changed since the version before, from the image up to the root cause. Changes nothing.
 */
export async function why(reference: string, options: WhyOptions, io: CommandIo): Promise<number> {
  const [name = '', version] = reference.split('@');
  if (version === '') throw usage(`${JSON.stringify(reference)} names no version`, `bake why ${name}`);
  const now = new Date();
  const { config, whys } = await (version === undefined
    ? whyOfImage(name, options, io, now)
    : whyOfVersion(name, version, options, io));
  if (options.json) printJson(io, { version: 1, project: config.project, region: config.region, images: whys });
  else {
    const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
    print(io, whys.map((one) => whyText(one, { color, now })).join('\n\n'));
  }
  return 0;
}

async function whyOfImage(name: string, options: WhyOptions, io: CommandIo, now: Date): Promise<Found> {
  const written = await loadProject(options, io);
  const selected = selectImages(written, [name]);
  const architectures = parseArchitectures(options.arch, selected);
  const asked = selected.map((image) => image.name);
  const config = withGiven(written, asked, options, io.cwd);
  const emit = setupOnStderr(io);
  const connected = await connect(config, options, io, emit);
  const tools = await openBakeTools({ config, connected, mask: createMask([]), emit, signal: io.signal });
  const epochs = epochsAt(now);
  const nonce = nonceOf(newRunId(now));
  const request = { config, images: asked, architectures, parents: 'bake', force: false, nonce, epochs } as const;
  const sources = { ...tools, lockFile: connected.lockFile, frozen: false, readOnly: true };
  const observed = await observeAndPlan(request, sources);
  const { images, planned } = observed;
  const steps = planned.plan.steps.filter(({ image }) => asked.includes(image));
  const compared = steps.flatMap((step) => {
    const about = whyAbout(step, images);
    if (about === undefined) return [];
    return step.action === 'reuse' ? comparedWith(about, images) : lineageOf(about, images);
  });
  const records = await orAborted(io.signal, recordsOf(compared, tools.records));
  return { config, whys: steps.map((step) => whyNext(step, { epochs, ...observed }, records)) };
}

async function whyOfVersion(name: string, version: string, options: WhyOptions, io: CommandIo): Promise<Found> {
  if (options.artifact !== undefined || options.var !== undefined) {
    throw usage(`${name}@${version} was baked with what it was baked with`, `bake why ${name}: why it would be baked`);
  }
  const architectures = parseArchitectures(options.arch, []);
  const { config, connected, images: cloud } = await openCloud(options, io);
  const { records } = openRecords(config, connected, setupOnStderr(io));
  const images = await orAborted(io.signal, cloud.list(config.project));
  requireName(name, namesOf(config, images));
  const amis = finishedAmis(name, version, architectures, images);
  const compared = amis.flatMap((known) => comparedWith(known, images));
  const found = await orAborted(io.signal, recordsOf(compared, records));
  return { config, whys: amis.map((known) => whyBaked(known, images, found)) };
}
