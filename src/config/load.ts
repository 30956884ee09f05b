import { dirname, relative, resolve } from 'node:path';
import { parseLayerName } from '../model/ids.ts';
import type { Config } from '../model/image.ts';
import { secretVariables } from '../model/secret.ts';
import { checkForm, checkRules } from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { configInvalid } from './errors.ts';
import { isFolder, listLayers, readLayers } from './layers.ts';
import { layersOverArtifacts } from './layers-over-artifacts.ts';
import { normalise } from './normalise.ts';
import { readPrices } from './prices.ts';
import { formatProblem } from './problems.ts';
import { readConfig } from './read.ts';
import type { WrittenConfig } from './schema.ts';

export interface LoadOptions {
  /** Absolute; the search for a configuration starts here. */
  readonly cwd: string;
  /** Read this file instead, relative to `cwd` or absolute. */
  readonly file?: string | undefined;
  /** Of this process; loses the variables that secrets are read from, which nothing that is started may inherit. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Reads, checks and resolves the configuration and the layers that its images use.
 * Throws `config-not-found`, `config-unreadable`, and `config-invalid` with every problem at once in its details.
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const { file, value } = await readConfig(options.cwd, options.file);
  const root = dirname(file);
  const form = checkForm(value, file);
  const layersDir = resolve(root, form.written?.layers ?? DEFAULTS.layers);
  const folders = {
    layers: await listLayers(layersDir),
    templates: await isFolder(resolve(root, form.written?.templates ?? '.')),
  };
  const read = await readLayers(layersDir, usedLayers(form.written, folders.layers));
  const pricesFile = form.written?.prices;
  const { prices, problems: ofPrices } =
    pricesFile === undefined ? { prices: undefined, problems: [] } : await readPrices(resolve(root, pricesFile));
  const problems = [
    ...form.problems,
    ...checkRules(form, folders, file),
    ...read.problems,
    ...(form.written === undefined ? [] : layersOverArtifacts(form.written, read.layers, file)),
    ...ofPrices,
  ];
  if (form.written === undefined || problems.length > 0) {
    throw configInvalid(
      relative(options.cwd, file),
      problems.map((problem) => formatProblem(problem, file, root)),
    );
  }
  const config = normalise({ file, root, layersDir, written: form.written, layers: read.layers, prices });
  for (const name of secretVariables(config.images.values())) delete options.env?.[name];
  return config;
}

/** Layers that nothing uses may be half-written; they are not read. */
function usedLayers(written: WrittenConfig | undefined, available: readonly string[] = []) {
  const there = new Set(available);
  const used = new Set(Object.values(written?.images ?? {}).flatMap(({ layers = [] }) => layers));
  return [...used].filter((name) => there.has(name)).flatMap((name) => parseLayerName(name) ?? []);
}
