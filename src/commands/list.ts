import { nearest } from '../config/nearest.ts';
import type { BadMark } from '../model/bad.ts';
import { usage } from '../model/errors.ts';
import type { Config } from '../model/image.ts';
import { isRetired, isUsable, type KnownImage } from '../model/known-image.ts';
import { formatAge } from '../report/duration.ts';
import { table } from '../report/table.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import { columnsOf, print, printJson } from './io.ts';
import { openCloud } from './open-cloud.ts';
import { orAborted } from './or-aborted.ts';

/** `bake list [image…]`: what AWS has of the project, read from names and tags alone. */
export async function list(names: readonly string[], options: CommonOptions, io: CommandIo): Promise<number> {
  const { config, images } = await openCloud(options, io);
  const known = await orAborted(io.signal, images.list(config.project));
  const present = namesOf(config, known);
  for (const name of names) requireName(name, present);
  const chosen = known.filter((image) => names.length === 0 || names.includes(image.image));
  if (options.json) {
    printJson(io, { version: 1, project: config.project, region: config.region, images: chosen.map(imageJson) });
    return 0;
  }
  if (chosen.length === 0) {
    io.stderr.write(`No images of ${config.project} in ${config.region}. bake plan shows what would be baked.\n`);
    return 0;
  }
  const head = ['IMAGE', 'VERSION', 'ARCH', 'AMI', 'AGE', 'STATE', 'TRIED', 'PARENT', 'SOURCE AMI'];
  print(io, table(chosen.map(row), { head, columns: columnsOf(io), whole: [0, 1, 3] }));
  return 0;
}

/** Those that there are and those that may be baked. */
export const namesOf = (config: Config, known: readonly KnownImage[]): ReadonlySet<string> =>
  new Set([...known.map((image) => image.image), ...config.images.keys()]);

export function requireName(name: string, present: ReadonlySet<string>): void {
  if (present.has(name)) return;
  const near = nearest(name, present);
  throw usage(`there is no image ${JSON.stringify(name)}`, near === undefined ? undefined : `Did you mean ${near}?`);
}

function row(image: KnownImage): string[] {
  const { parent, sourceName, sourceAmi } = image;
  return [
    image.image,
    image.version,
    image.architecture,
    image.imageId,
    image.createdAt === '' ? '' : formatAge(new Date(image.createdAt), new Date()),
    stateText(image),
    image.tried?.result ?? '-',
    parent?.replace('/', ' ') ?? '-',
    sourceName ?? sourceAmi ?? '-',
  ];
}

/** `unfinished`: an AMI that a bake did not live to publish; it is never used. */
export function stateText(image: KnownImage): string {
  if (image.markedBad) return 'bad';
  if (isRetired(image)) return 'retired';
  if (image.state === 'available' && !isUsable(image)) return 'unfinished';
  return image.state;
}

/** The parent as its tags tell it: `base/2026.11.20.1`. */
export function parentOf({ parent, parentImageId }: KnownImage): NamedImage | undefined {
  if (parent === undefined) return undefined;
  const [image = '', version = null] = parent.split('/');
  return { image, version, imageId: parentImageId ?? null };
}

/** An image that another one stands on, in `parent` and in `lineage`. */
export interface NamedImage {
  readonly image: string;
  readonly version: string | null;
  readonly imageId: string | null;
}

export const badJson = ({ bad }: { readonly bad?: BadMark | undefined }) =>
  bad === undefined ? null : { reason: bad.reason, at: bad.at ?? null, by: bad.by ?? null };

/** The JSON of one image in `list` and `show`; documented in docs/json.md. */
export function imageJson(image: KnownImage) {
  return {
    image: image.image,
    version: image.version,
    architecture: image.architecture,
    imageId: image.imageId,
    name: image.name,
    state: stateText(image),
    createdAt: image.createdAt,
    fingerprint: image.fingerprint ?? null,
    parent: parentOf(image) ?? null,
    sourceAmi: image.sourceAmi === undefined ? null : { imageId: image.sourceAmi, name: image.sourceName ?? null },
    commit: image.commit ?? null,
    bad: badJson(image),
    recordDigest: image.recordDigest ?? null,
    tried: image.tried === undefined ? null : { ...image.tried, userData: image.tried.userData ?? null },
    snapshotIds: image.snapshotIds,
    tags: image.tags,
  };
}
