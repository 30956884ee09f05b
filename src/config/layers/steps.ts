import type { LayerStep } from '../../model/image.ts';
import { nearest } from '../nearest.ts';
import { choices, type Report, show } from '../problems.ts';
import type { Entry } from './tree.ts';

const FOLDER = 'scripts/';
const TEMPLATE = '.hbs';
const REBOOT = 'reboot';

type Script = Extract<LayerStep, { kind: 'script' }>;

/** The scripts of a layer by name, from the entries below `scripts/`. */
export function scriptsOf(entries: readonly Entry[], report: Report): ReadonlyMap<string, Script> {
  const scripts = new Map(entries.flatMap((entry) => scriptsIn(entry, report)));
  for (const name of scripts.keys()) {
    const other = `${name}${TEMPLATE}`;
    if (scripts.has(other)) report([], `scripts/${name} and scripts/${other} are one script on the machine; keep one`);
  }
  return scripts;
}

/** The steps of a layer: as `layer.yaml` lists them, else every script by name. */
export function stepsOf(
  scripts: ReadonlyMap<string, Script>,
  listed: readonly string[] | undefined,
  report: Report,
): readonly LayerStep[] {
  if (listed === undefined) return [...scripts.values()];
  for (const name of scripts.keys()) {
    if (!listed.includes(name)) report(['scripts'], `does not list scripts/${name}; list it or remove it`);
  }
  return listed.flatMap((_, position) => stepOf(scripts, listed, position, report) ?? []);
}

function stepOf(
  scripts: ReadonlyMap<string, Script>,
  listed: readonly string[],
  position: number,
  report: Report,
): LayerStep | undefined {
  const name = listed[position] ?? '';
  if (name === REBOOT) return { kind: 'reboot' };
  const path = ['scripts', position];
  if (listed.indexOf(name) < position) report(path, `${show(name)} is there twice`);
  const names = [...scripts.keys()];
  if (!scripts.has(name)) {
    report(path, `${show(name)} is not in scripts/; there are ${choices(names)}`, nearest(name, [...names, REBOOT]));
  }
  return scripts.get(name);
}

function scriptsIn(entry: Entry, report: Report): readonly (readonly [string, Script])[] {
  const name = entry.path.slice(FOLDER.length);
  if (entry.type === 'refused') return [];
  if (entry.type === 'symlink' || name.includes('/') || name === REBOOT) {
    report([], `${entry.path} ${flawOf(entry.type, name)}`);
    return [];
  }
  return [[name, { kind: 'script', source: entry.path, template: name.endsWith(TEMPLATE), digest: entry.digest }]];
}

function flawOf(type: 'file' | 'symlink', name: string): string {
  if (type === 'symlink') return 'is a symbolic link; scripts are regular files';
  return name === REBOOT ? 'cannot be told from the step of that name; rename it' : 'is in a folder; scripts/ has none';
}
