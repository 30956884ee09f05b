import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from '../../model/bounded.ts';
import type { Layer } from '../../model/image.ts';

/** Bytes. What is larger is an artefact, not a configuration that somebody wrote. */
const LARGEST_TEXT = 256 * 1024;
const FILES_AT_ONCE = 8;

/** The layer's files, scripts and parts of user-data that are text, as they are in the layer folder, by their place in it. */
export async function readLayerTexts(layer: Layer): Promise<ReadonlyMap<string, string>> {
  const sources = [
    ...layer.files.flatMap(({ type, source }) => (type === 'file' ? [source] : [])),
    ...layer.steps.flatMap((step) => (step.kind === 'script' ? [step.source] : [])),
    ...layer.userData.map(({ source }) => source),
  ];
  const texts = await mapBounded(sources, FILES_AT_ONCE, (source) => readText(join(layer.dir, source)));
  return new Map(
    sources.flatMap((source, position) => {
      const text = texts[position];
      return text === undefined ? [] : [[source, text] as const];
    }),
  );
}

async function readText(path: string): Promise<string | undefined> {
  if ((await stat(path)).size > LARGEST_TEXT) return undefined;
  const text = await readFile(path, 'utf8');
  return text.includes('\0') ? undefined : text;
}
