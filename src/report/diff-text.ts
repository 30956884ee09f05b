import type { GuardedChange, GuardedSetting, ImageDiff, PackageChange } from '../model/comparison.ts';
import { type ChangeTextOptions, chainLines } from './change-text.ts';
import { createPalette } from './palette.ts';
import { table } from './table.ts';
import { plainLine } from './text.ts';

export interface DiffTextOptions extends ChangeTextOptions {
  /** Width of the terminal; absent when the output is not one. */
  readonly columns: number | undefined;
}

/** Inputs with their lineage, packages, guarded settings, and what cannot be said. No newline at the end. */
export function diffText(diff: ImageDiff, options: DiffTextOptions): string {
  const { bold } = createPalette(options.color);
  return [
    bold(diff.id),
    ...chainLines(diff.chain, options),
    ...packageLines(diff.packages, options.columns),
    ...guardedLines(diff.guarded),
    ...recordLines(diff.withoutRecord),
  ].join('\n');
}

function packageLines(packages: ImageDiff['packages'], columns: number | undefined): readonly string[] {
  if (packages === null) return ['  packages: not known'];
  if (packages.length === 0) return ['  packages: the same'];
  const width = columns === undefined ? undefined : columns - INDENT.length;
  const rows = packages.map(({ change, name, from, to }) => [change, name, versionsText(from, to)]);
  return [`  packages: ${packagesTotal(packages)}`, ...table(rows, { columns: width }).split('\n').map(indented)];
}

const INDENT = '    ';
const indented = (line: string) => `${INDENT}${line}`;

const versionsText = (from: string | undefined, to: string | undefined): string =>
  from === undefined || to === undefined ? (from ?? to ?? '') : `${from} → ${to}`;

function packagesTotal(packages: readonly PackageChange[]): string {
  const counts = new Map<string, number>();
  for (const { change } of packages) counts.set(change, (counts.get(change) ?? 0) + 1);
  return [...counts].map(([change, count]) => `${count} ${change}`).join(', ');
}

function guardedLines(guarded: readonly GuardedChange[] | null): readonly string[] {
  if (guarded === null) return ['  guarded settings: not known'];
  if (guarded.length === 0) return ['  guarded settings: the same'];
  const lines = guarded.map(({ change, row, layer, paths, from, to }) => {
    const what = `${change} ${row} (${layer}: ${paths.join(', ')})`;
    return plainLine(`${what}: ${[from, to].flatMap((setting) => (setting ? settingText(setting) : [])).join(' → ')}`);
  });
  return ['  guarded settings:', ...lines.map(indented)];
}

const settingText = (setting: GuardedSetting): string =>
  'override' in setting ? `kept by ${JSON.stringify(setting.override)}` : `not kept: ${setting.effect}`;

function recordLines(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [
    `  without a record: ${names.join(', ')}`,
    '  → Records are in .bake/ where it was baked, and in the state bucket where there is one (bake state init).',
  ];
}
