import { TAG } from '../../src/model/tags.ts';
import { type Baked, fingerprintOf, OWN, versionOf } from './promotion-lab.ts';
import type { World, WorldImage, WorldPointer } from './shipped-world.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

export interface ShapeOptions {
  /** Whether it counts how often pointers were written: not where some were put back. */
  readonly versions?: boolean;
}

/**
 * What the promotion of a version has made of the world, without ids and times: the same however it came about.
 * `N` is the version, `P` the one before it.
 */
export function shapeOf(world: World, { serial }: Baked, { versions = true }: ShapeOptions = {}): unknown {
  const since = versions ? serial : undefined;
  const images = world.images.filter(({ tags }) => tags[TAG.version] === versionOf(serial));
  const source = images.find(({ site }) => site === `${OWN}/us-east-1`);
  const moves = (world.channel as { readonly moves: readonly Move[] } | undefined)?.moves ?? [];
  const text = JSON.stringify({
    images: sorted(images).map((image) => imageShape(image, source)),
    pointers: sorted(world.pointers).map((pointer) => pointerShape(pointer, since)),
    move: moves[0] && moveShape(moves[0], since),
    earlierMoves: moves.length - serial,
  });
  const named = world.images.reduce(
    (said, { imageId, site, name }) => said.replaceAll(imageId, `${site} ${name}`),
    text,
  );
  return JSON.parse(
    [versionOf, fingerprintOf].reduce(
      (said, of) => said.replaceAll(of(serial), 'N').replaceAll(of(serial - 1), 'P'),
      named,
    ),
  );
}

/** Everything of other versions: no promotion of this one touches it. */
export const othersIn = ({ images }: World, { serial }: Baked): unknown =>
  images
    .filter(({ tags }) => tags[TAG.version] !== versionOf(serial))
    .toSorted((a, b) => (a.imageId < b.imageId ? -1 : 1));

const sorted = <T extends { readonly site: string; readonly name: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => (`${a.site} ${a.name}` < `${b.site} ${b.name}` ? -1 : 1));

function imageShape({ imageId, createdAt, deprecateAt, copyOf, ...image }: WorldImage, source: WorldImage | undefined) {
  const due = Math.ceil((Date.parse(source?.createdAt ?? '') + 90 * DAY) / MINUTE) * MINUTE;
  const deprecated = Date.parse(deprecateAt ?? '') === due ? 'when it is due' : deprecateAt;
  // The source is a copy too: of what tests boot.
  return { ...image, deprecated, ...(imageId === source?.imageId ? {} : { copyOf }) };
}

/** `since`: versions count from there. */
function pointerShape({ version, versions, ...pointer }: WorldPointer, since: number | undefined) {
  return since === undefined ? pointer : { ...pointer, version: version - since, versions: versions - since };
}

interface Move {
  readonly imageVersion: string;
  readonly action: string;
  readonly amis: Readonly<Record<string, string>>;
  readonly finished: boolean;
  readonly before?: readonly { readonly from?: { readonly version: number } }[];
}

function moveShape({ imageVersion, action, amis, finished, before = [] }: Move, since: number | undefined) {
  const pointers = before.map(({ from, ...pointer }) => {
    if (from === undefined) return pointer;
    const { version, ...says } = from;
    return { ...pointer, from: since === undefined ? says : { ...says, version: version - since } };
  });
  return { imageVersion, action, amis, finished, before: pointers };
}
