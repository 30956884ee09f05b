import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from '../model/bounded.ts';
import type { LayerName } from '../model/ids.ts';
import type { Layer } from '../model/image.ts';
import { isFault } from './faults.ts';
import { declare, filesOf } from './layers/files.ts';
import { readProvisioners } from './layers/provisioners.ts';
import { readSettings } from './layers/settings.ts';
import { reportUnused, scriptsOf, stepsOf } from './layers/steps.ts';
import { testsOf } from './layers/tests.ts';
import { type Entry, readTree } from './layers/tree.ts';
import { userDataOf } from './layers/user-data.ts';
import { nearest } from './nearest.ts';
import { choices, type Problem, type Report, reportTo, show } from './problems.ts';

const LAYERS_AT_ONCE = 8;
const SETTINGS_FILE = 'layer.yaml';
const FOLDERS = ['files', 'scripts', 'ansible', 'packer', 'test', 'user-data'];
const KNOWN = [SETTINGS_FILE, ...FOLDERS];
const IGNORED = new Set(['README.md', '.gitkeep', '.DS_Store']);

/** Names of the layers in the folder, sorted; undefined when there is no such folder. */
export async function listLayers(dir: string): Promise<readonly string[] | undefined> {
  try {
    const names = (await readdir(dir)).sort();
    const areFolders = await mapBounded(names, LAYERS_AT_ONCE, (name) => isFolder(join(dir, name)));
    return names.filter((_, position) => areFolders[position]);
  } catch (error) {
    if (isFault(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Follows links, so that projects can share a layer. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

export interface ReadLayers {
  readonly layers: ReadonlyMap<LayerName, Layer>;
  readonly problems: readonly Problem[];
}

/** Reads each named layer once. With problems, what a layer has besides them is in `layers` all the same. */
export async function readLayers(dir: string, names: readonly LayerName[]): Promise<ReadLayers> {
  const read = await mapBounded(names, LAYERS_AT_ONCE, (name) => readLayer(join(dir, name), name));
  return {
    layers: new Map(read.map(({ layer }) => [layer.name, layer])),
    problems: read.flatMap(({ problems }) => problems),
  };
}

async function readLayer(dir: string, name: LayerName): Promise<{ layer: Layer; problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const report = reportTo(problems, dir);
  const reportSettings = reportTo(problems, join(dir, SETTINGS_FILE));

  const settings = await readSettings(join(dir, SETTINGS_FILE), reportSettings);
  const written = settings?.written;
  const fileEntries = await readTree(dir, 'files');
  const scriptEntries = await readTree(dir, 'scripts');
  const provisionerEntries = [...(await readTree(dir, 'ansible')), ...(await readTree(dir, 'packer'))];
  const testEntries = await readTree(dir, 'test');
  const userDataEntries = await readTree(dir, 'user-data');
  await reportUnknownEntries(dir, report);
  const entries = [fileEntries, scriptEntries, provisionerEntries, testEntries, userDataEntries].flat();
  reportRefused(entries, report);
  const provisioners = await readProvisioners(dir, name, provisionerEntries, report);
  const scripts = scriptsOf(scriptEntries, report);

  const layer: Layer = {
    name,
    dir,
    description: written?.description ?? '',
    files: declare(filesOf(fileEntries, report), written?.files ?? [], reportSettings),
    steps: stepsOf({ scripts, provisioners }, written ?? {}, reportSettings),
    provisionerFiles: provisioners.files,
    accept: settings?.accept ?? [],
    tests: testsOf(testEntries, report),
    userData: userDataOf(userDataEntries, report),
  };
  if (problems.length === 0) reportUnused(layer, report);
  if (layer.files.length + layer.steps.length + layer.userData.length + problems.length === 0) {
    report([], 'is empty; a layer has files/ or scripts/');
  }
  return { layer, problems };
}

async function reportUnknownEntries(dir: string, report: Report): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry;
    if (!KNOWN.includes(name) && !IGNORED.has(name)) {
      report([], `${show(name)} is unknown here; a layer has ${choices(KNOWN)}`, nearest(name, KNOWN));
    } else if (FOLDERS.includes(name) && entry.isFile()) report([], `${name} is a file; it has to be a folder`);
  }
}

function reportRefused(entries: readonly Entry[], report: Report): void {
  for (const entry of entries) if (entry.type === 'refused') report([], `${show(entry.path)} ${entry.because}`);
}
