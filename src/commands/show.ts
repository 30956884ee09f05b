import type { BadMark } from '../model/bad.ts';
import { usage } from '../model/errors.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { Tried } from '../model/tried.ts';
import { badAncestors, badText } from '../plan/bad-ancestors.ts';
import { formatAge } from '../report/duration.ts';
import { table } from '../report/table.ts';
import { type CommandIo, type CommonOptions, columnsOf, print, printJson } from './io.ts';
import { imageJson, type NamedImage, namesOf, parentOf, requireName, stateText } from './list.ts';
import { openCloud } from './open-cloud.ts';
import { orAborted } from './or-aborted.ts';
import { parseArchitectures } from './selection.ts';

export interface ShowOptions extends CommonOptions {
  readonly arch?: string;
}

/** `bake show <image>[@version]`: one version, its lineage down to the source AMI, its tags. Newest when none is named. */
export async function show(reference: string, options: ShowOptions, io: CommandIo): Promise<number> {
  const [name = '', given] = reference.split('@');
  const wanted = given === '' ? undefined : given;
  const [architecture] = parseArchitectures(options.arch, []) ?? [];
  const { config, images } = await openCloud(options, io);
  const known = await orAborted(io.signal, images.list(config.project));
  requireName(name, namesOf(config, known));
  const ofImage = known.filter(
    (image) => image.image === name && (architecture === undefined || image.architecture === architecture),
  );
  const version = wanted ?? ofImage.find((image) => stateText(image) === 'available')?.version ?? ofImage[0]?.version;
  const chosen = ofImage.filter((image) => image.version === version);
  if (chosen.length === 0) throw notFound(name, wanted, ofImage);
  const shown = chosen.map((image) => ({ image, lineage: lineageOf(image, known), bad: badAncestors(image, known) }));
  if (options.json) {
    const documents = shown.map(({ image, lineage }) => ({ ...imageJson(image), lineage }));
    printJson(io, { version: 1, project: config.project, region: config.region, images: documents });
    return 0;
  }
  print(io, shown.map((one) => showText(one, columnsOf(io))).join('\n\n'));
  return 0;
}

/** From the parent to the source AMI; an ancestor that is gone ends it with what the tags still tell. */
function lineageOf(image: KnownImage, known: readonly KnownImage[]): readonly NamedImage[] {
  const chain: NamedImage[] = [];
  const byId = new Map<string | undefined, KnownImage>(known.map((candidate) => [candidate.imageId, candidate]));
  for (let at: KnownImage | undefined = image; at !== undefined; at = byId.get(at.parentImageId)) {
    const parent = parentOf(at);
    if (parent === undefined) break;
    chain.push(parent);
  }
  chain.push({ image: image.sourceName ?? 'source AMI', version: null, imageId: image.sourceAmi ?? null });
  return chain;
}

interface Shown {
  readonly image: KnownImage;
  readonly lineage: readonly NamedImage[];
  /** What it stands on and is marked bad. */
  readonly bad: readonly KnownImage[];
}

function showText({ image, lineage, bad }: Shown, columns: number | undefined): string {
  const facts: [string, string][] = [
    ['image', `${image.image} ${image.version} (${image.architecture})`],
    ['AMI', `${image.imageId}  ${image.name}`],
    ['state', image.bad === undefined ? stateText(image) : badLine(image.bad)],
    ['created', `${image.createdAt} (${formatAge(new Date(image.createdAt), new Date())})`],
    ['fingerprint', image.fingerprint ?? 'none: never finished'],
    ['commit', image.commit ?? 'unknown'],
    ['record', image.recordDigest === undefined ? 'none' : `sha256 ${image.recordDigest}`],
    ['tried', image.tried === undefined ? 'never' : triedText(image.tried)],
    ['snapshots', image.snapshotIds.join(', ')],
  ];
  const above = lineage.map(({ image, version, imageId }, depth) => {
    const named = version === null ? image : `${image} ${version}`;
    return [depth === 0 ? 'built on' : '', `${'  '.repeat(depth)}${named}  ${imageId ?? ''}`];
  });
  const tags = Object.entries(image.tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value], index) => [index === 0 ? 'tags' : '', `${key} = ${value}`]);
  const below = bad.map((one, index) => [
    index === 0 ? 'not usable' : '',
    `it stands on ${one.image} ${one.version}, which is ${badText(one)}`,
  ]);
  return table([...facts, ...below, ...above, ...tags], { columns });
}

function badLine({ reason, at, by }: BadMark): string {
  const when = at === undefined ? '' : ` (${formatAge(new Date(at), new Date())}, by ${by})`;
  return `bad: ${reason}${when}`;
}

const triedText = ({ result, at, userData, tool }: Tried): string =>
  `${result} (${formatAge(new Date(at), new Date())}, ${userData === undefined ? 'no user-data' : `user-data ${userData}`}, bake ${tool})`;

export function notFound(name: string, version: string | undefined, others: readonly KnownImage[]) {
  const versions = [...new Set(others.map((image) => image.version))].slice(0, 8);
  if (version === undefined || versions.length === 0) {
    return usage(
      `there is no image ${JSON.stringify(name)} yet`,
      'bake list shows what there is, bake plan what would be baked.',
    );
  }
  return usage(`${name} has no version ${version}`, `Versions are ${versions.join(', ')}.`);
}
