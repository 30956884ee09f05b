import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Layer } from '../../src/model/image.ts';
import { sha256 } from './builders.ts';

/** A temporary folder that goes when it goes out of scope. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'bake-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The layer with its files and scripts in `<root>/<name>`, each with a content of its own or the one that is given. */
export async function onDisk(
  root: string,
  layer: Layer,
  contents: Readonly<Record<string, string | Buffer>> = {},
): Promise<Layer> {
  const dir = join(root, layer.name);
  const write = async <T extends { readonly source: string }>(entry: T) => {
    const content = contents[entry.source] ?? `content of ${entry.source}\n`;
    await mkdir(dirname(join(dir, entry.source)), { recursive: true });
    await writeFile(join(dir, entry.source), content);
    return { ...entry, digest: sha256(content) };
  };
  const files = await Promise.all(layer.files.map((file) => (file.type === 'symlink' ? file : write(file))));
  const steps = await Promise.all(layer.steps.map((step) => (step.kind === 'script' ? write(step) : step)));
  const provisionerFiles = await Promise.all(layer.provisionerFiles.map(write));
  return { ...layer, dir, files, steps, provisionerFiles };
}
