import { formatBad, parseBad, roomForReason } from '../model/bad.ts';
import { summarise, usage } from '../model/errors.ts';
import type { ChannelName, ImageName } from '../model/ids.ts';
import type { KnownImage } from '../model/known-image.ts';
import { TAG } from '../model/tags.ts';
import { descendants } from '../plan/bad-ancestors.ts';
import { markedText } from '../report/marked.ts';
import type { ChannelStates } from '../run/promote-effects.ts';
import { type CommandIo, type CommonOptions, columnsOf, print, printJson } from './io.ts';
import { badJson, namesOf, requireName } from './list.ts';
import { type Cloud, openCloud } from './open-cloud.ts';
import { openChannelStates } from './open-state.ts';
import { orAborted } from './or-aborted.ts';

export interface MarkOptions extends CommonOptions {
  readonly bad?: string;
  readonly good?: boolean;
}

/** `bake mark <image>@<version> --bad "why" | --good`: all architectures of it; then who stands on it, and which channels hold it. */
export async function mark(reference: string, options: MarkOptions, io: CommandIo): Promise<number> {
  const reason = reasonOf(options);
  const [name = '', version = ''] = reference.split('@');
  if (version === '')
    throw usage(`${reference} names no version`, `bake list ${name} shows them; write ${name}@<version>.`);
  const cloud = await openCloud(options, io);
  const { config, images } = cloud;
  const known = await orAborted(io.signal, images.list(config.project));
  requireName(name, namesOf(config, known));
  const chosen = known.filter((image) => image.image === name && image.version === version);
  if (chosen.length === 0) throw noSuchVersion(name, version, known);

  const ids = chosen.map(({ imageId }) => imageId);
  const value = reason === undefined ? undefined : await orAborted(io.signal, tagValue(reason, cloud));
  if (value === undefined) await images.untag(ids, [TAG.bad]);
  else await images.tag(ids, { [TAG.bad]: value });

  const bad = value === undefined ? undefined : parseBad(value);
  const children = descendants(chosen, known);
  const channels = await orAborted(io.signal, holders(name as ImageName, version, cloud, io));
  if (options.json) {
    const named = { project: config.project, image: name, imageVersion: version, bad: badJson({ bad }) };
    printJson(io, { version: 1, ...named, images: chosen.map(idOf), children: children.map(idOf), channels });
  } else print(io, markedText({ name, version, bad, children, channels }, columnsOf(io)));
  return 0;
}

function reasonOf({ bad, good }: MarkOptions): string | undefined {
  const hint = 'Write --bad "why", or --good.';
  if (bad !== undefined && good) throw usage('--bad and --good are opposites', hint);
  if (bad === undefined && !good) throw usage('nothing says how to mark it', hint);
  // Of one line, as every list shows it.
  const reason = bad?.replaceAll(/\s+/g, ' ').trim();
  if (reason === '') throw usage('--bad needs a reason', hint);
  return reason;
}

async function tagValue(reason: string, { connected }: Cloud): Promise<string> {
  const { caller } = await import('../aws/identity.ts');
  const { arn } = await caller(connected.connection);
  // `arn:aws:iam::111122223333:user/alice`; the account is that of the image.
  const by = arn.split(':').slice(5).join(':') || arn;
  const at = new Date().toISOString();
  const room = roomForReason({ at, by });
  if (reason.length > room) {
    throw usage(
      `the reason has ${reason.length} characters, and the tag has room for ${room}`,
      'Say it in fewer words, or name a ticket.',
    );
  }
  return formatBad({ at, by, reason });
}

/** Channels that hold the version; null where that cannot be found out: the mark stands all the same. */
async function holders(
  image: ImageName,
  version: string,
  { config, connected, images }: Cloud,
  io: CommandIo,
): Promise<readonly string[] | null> {
  try {
    const states = await openChannelStates(config, connected, images);
    const held = [...config.channels.keys()].map(async (channel) =>
      (await holds(states, channel, image)) === version ? [channel] : [],
    );
    return (await Promise.all(held)).flat();
  } catch (error) {
    const { message } = summarise(error);
    io.stderr.write(`warning: which channels hold it could not be found out: ${message}\n`);
    return null;
  }
}

const holds = async (states: ChannelStates, channel: ChannelName, image: ImageName): Promise<string | undefined> =>
  (await states.read(channel, image))?.state.moves[0]?.imageVersion;

const idOf = ({ image, version, architecture, imageId }: KnownImage) => ({ image, version, architecture, imageId });

function noSuchVersion(name: string, version: string, known: readonly KnownImage[]) {
  const ofImage = known.filter(({ image }) => image === name);
  const versions = [...new Set(ofImage.map((image) => image.version))].slice(0, 8);
  const hint = versions.length === 0 ? 'It was never baked.' : `Versions are ${versions.join(', ')}.`;
  return usage(`${name} has no version ${version}`, hint);
}
