import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ARCHITECTURES, type Architecture } from '../model/ids.ts';
import { SOURCE_ALIASES } from '../model/source-aliases.ts';
import { type BootMode, dateStamp, type MachineImage } from './image-cache.ts';
import type { MachineImages } from './image-recipe.ts';
import type { WantedSource } from './wanted-sources.ts';

/** Amazon's account behind its AMIs, which are found by the alias. */
const AMAZON = '137112412989';

/** Stands for the image's date where no machine is going to boot it. */
const UNBUILT = '2026-01-01T00:00:00.000Z';

/** An AMI that the server offers, as docs/sandbox.md has it, and the alias that finds it. */
interface Entry {
  readonly alias: string;
  readonly name: string;
  readonly owner: string;
  readonly ownerAlias?: string;
  readonly architecture: Architecture;
  readonly description: string;
  readonly rootDeviceName: string;
  readonly sizeGiB: number;
  readonly disk: string | null;
  readonly bootMode?: BootMode;
  readonly parameter?: string;
  readonly creationDate: string;
}

export const imagesFile = (stateDir: string): string => join(stateDir, 'images.json');

/** For the server's `--images`. Without machines an image is of no use, and `images` is empty. */
export const entriesFor = (sources: readonly WantedSource[], images: MachineImages): readonly Entry[] =>
  sources.flatMap(({ alias }) =>
    // Machines are x86-64: the other architecture can be looked up and planned with.
    ARCHITECTURES.map((architecture) =>
      entryOf(alias, architecture, architecture === 'x86_64' ? images.get(alias) : undefined),
    ),
  );

/** Entries with ours in place of those of the same aliases; undefined when that changes nothing. */
export function changedEntries(there: readonly Entry[], ours: readonly Entry[]): readonly Entry[] | undefined {
  const aliases = new Set(ours.map(({ alias }) => alias));
  const merged = [...there.filter(({ alias }) => !aliases.has(alias)), ...ours];
  const lines = (entries: readonly Entry[]) => entries.map((one) => JSON.stringify(one)).sort();
  return JSON.stringify(lines(merged)) === JSON.stringify(lines(there)) ? undefined : merged;
}

export async function writeEntries(stateDir: string, images: readonly Entry[]): Promise<void> {
  const file = imagesFile(stateDir);
  await writeFile(`${file}.part`, `${JSON.stringify({ version: 1, images }, null, 2)}\n`);
  await rename(`${file}.part`, file);
}

/** As the server's status has it of the file that it has read; undefined where there is no file. */
export async function entriesDigest(stateDir: string): Promise<string | undefined> {
  const written = await readFile(imagesFile(stateDir)).catch(() => undefined);
  return written && createHash('sha256').update(written).digest('hex');
}

export async function readEntries(stateDir: string): Promise<readonly Entry[]> {
  try {
    return JSON.parse(await readFile(imagesFile(stateDir), 'utf8')).images;
  } catch {
    return [];
  }
}

/** Named so that the alias finds it: `debian-12-amd64-20261120-1330`. */
function entryOf(alias: string, architecture: Architecture, image: MachineImage | undefined): Entry {
  const known = SOURCE_ALIASES.get(alias);
  if (known === undefined) throw new Error(`${alias} is not a source alias`);
  const { owner, lookup } = known;
  const creationDate = image?.createdAt ?? UNBUILT;
  const stamp = image?.stamp ?? dateStamp(UNBUILT);
  const wanted = lookup[architecture];
  return {
    alias,
    name: lookup.by === 'name' ? wanted.replaceAll('*', stamp) : `${basename(wanted)}-${stamp}`,
    ...(owner === 'amazon' ? { owner: AMAZON, ownerAlias: owner } : { owner }),
    ...(lookup.by === 'parameter' ? { parameter: wanted } : {}),
    architecture,
    description: `${alias} (${stamp})`,
    rootDeviceName: '/dev/xvda',
    sizeGiB: image?.sizeGiB ?? 8,
    disk: image?.disk ?? null,
    ...(image?.bootMode === undefined ? {} : { bootMode: image.bootMode }),
    creationDate,
  };
}
