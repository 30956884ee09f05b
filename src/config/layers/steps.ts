import type { Layer, LayerStep } from '../../model/image.ts';
import { nearest } from '../nearest.ts';
import { choices, type Path, type Report, show } from '../problems.ts';
import { type Provisioners, provisionerStep } from './provisioners.ts';
import type { LayerSettings, WrittenStep } from './settings.ts';
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

/** What steps are made of. */
export interface StepSources {
  readonly scripts: ReadonlyMap<string, Script>;
  readonly provisioners: Provisioners;
}

/** The steps of a layer: as `layer.yaml` lists them, else every script by name. */
export function stepsOf(
  sources: StepSources,
  { steps, scripts }: Pick<LayerSettings, 'steps' | 'scripts'>,
  report: Report,
): readonly LayerStep[] {
  if (steps !== undefined && scripts !== undefined) {
    report(['scripts'], 'has no place beside steps, which list scripts too; keep steps');
  }
  const key = steps === undefined ? 'scripts' : 'steps';
  const listed = steps ?? scripts;
  for (const name of listed === undefined ? [] : sources.scripts.keys()) {
    if (!listed?.includes(name)) report([key], `does not list scripts/${name}; list it or remove it`);
  }
  if (listed === undefined) return [...sources.scripts.values()];
  return listed.flatMap((_, position) => stepOf(sources, listed, [key, position], report) ?? []);
}

/** Folders of the layer that are there for nothing. */
export function reportUnused({ steps, provisionerFiles }: Layer, report: Report): void {
  for (const kind of ['ansible', 'packer'] as const) {
    const isThere = provisionerFiles.some(({ source }) => source.startsWith(`${kind}/`));
    // What is written for Packer may run a playbook too.
    const isUsed = steps.some((step) => step.kind === kind || step.kind === 'packer');
    if (isThere && !isUsed) report([], `${kind}/ is run by no step; ${EXAMPLES[kind]} in layer.yaml`);
  }
}

const EXAMPLES = {
  ansible: 'write steps: [{ ansible: { playbook: site.yml } }]',
  packer: 'write steps: [{ packer: provisioners.pkr.hcl }]',
} as const;

function stepOf(
  { scripts, provisioners }: StepSources,
  listed: readonly WrittenStep[],
  path: readonly [string, number],
  report: Report,
): LayerStep | undefined {
  const position = path[1];
  const step = listed[position] ?? '';
  if (typeof step !== 'string') return provisionerStep(step, provisioners, path, report);
  return scriptStep(step, { scripts, path, isAgain: listed.indexOf(step) < position }, report);
}

function scriptStep(
  name: string,
  { scripts, path, isAgain }: { scripts: StepSources['scripts']; path: Path; isAgain: boolean },
  report: Report,
): LayerStep | undefined {
  if (name === REBOOT) return { kind: 'reboot' };
  if (isAgain) report(path, `${show(name)} is there twice`);
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
