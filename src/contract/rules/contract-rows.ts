import { canonicalJson } from '../../model/canonical-json.ts';
import type { Finding } from '../../model/finding.ts';
import type { Json } from '../../model/image.ts';
import { valueAt } from '../cloud-config.ts';
import type { LayerReading } from '../lineage.ts';
import { leavesOf, overrideText } from '../override-text.ts';
import type { ContractRow, Override } from '../row.ts';
import { rowsFor } from '../table.ts';
import { linesOf, matchesPath, type Touch } from '../touch.ts';
import { finding, type LintContext, type Rule } from './rule.ts';

/** What cloud-init would overwrite: an error where nothing helps, else what the bake protects. */
export const contractRowsRule: Rule = (reading, context) => {
  const rows = rowsFor(context.release);
  const byPath = reading.touches.flatMap((touch) => {
    const matching = rows.filter((row) => matchesPath(touch.path, row.paths));
    const found = differing(matching.flatMap((row) => rowFinding(row, touch, reading, context) ?? []));
    // Where another name is the remedy, there is nothing to protect.
    return found.some(({ severity }) => severity === 'error')
      ? found.filter(({ severity }) => severity === 'error')
      : found;
  });
  return [...byPath, ...deedFindings(rows, reading, context)];
};

/** Two rows about one path may have one override: it is told once. */
function differing(findings: readonly Finding[]): readonly Finding[] {
  const overrides = findings.map(({ override }) => JSON.stringify(override));
  return findings.filter((_, at) => overrides[at] === undefined || overrides.indexOf(overrides[at]) === at);
}

function deedFindings(rows: readonly ContractRow[], reading: LayerReading, context: LintContext): readonly Finding[] {
  return [...reading.scripts].flatMap(([file, { deeds }]) =>
    deeds.flatMap(({ row: id, line }) => {
      const row = rows.find((candidate) => candidate.id === id);
      return row === undefined ? [] : (findingOf(row, { file, line }, reading, context) ?? []);
    }),
  );
}

function rowFinding(row: ContractRow, touch: Touch, reading: LayerReading, context: LintContext): Finding | undefined {
  if (row.remedy.kind === 'advice' && isHarmless(row, touch)) return undefined;
  const line = settingLine(row, touch);
  if (line === undefined) return undefined;
  return findingOf(row, { file: touch.file, line, path: touch.path }, reading, context);
}

/** Taking a file away that cloud-init makes, and resolv.conf as a link to the resolver's own, is how it should be. */
function isHarmless(row: ContractRow, { verb }: Touch): boolean {
  return verb === 'remove' || (verb === 'link' && row.id === 'resolv');
}

/** Where the part of the file is that the row is about; undefined where the file does not have it. */
function settingLine({ setting }: ContractRow, touch: Touch): number | undefined {
  if (setting === undefined || setting.kind === 'login-accounts') return touch.line;
  if (touch.verb === 'remove') return undefined;
  const keyword = setting.keyword.toLowerCase();
  const isEdit = touch.content === undefined;
  for (const { text, line } of linesOf(touch)) {
    const lower = text.toLowerCase();
    if (isEdit ? lower.includes(keyword) : lower.trimStart().split(/[\s=]/)[0] === keyword) return line;
  }
  return undefined;
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly path?: string;
}

function findingOf(row: ContractRow, at: Place, reading: LayerReading, { merged }: LintContext): Finding | undefined {
  const { remedy, effect, needsKey } = row;
  switch (remedy.kind) {
    case 'stays':
      return undefined;
    case 'advice':
      return finding(reading, row.id, remedy.severity, at, effect, remedy.advice);
    case 'override': {
      if (isSaid(remedy.config, merged)) return undefined;
      const where = needsKey === undefined ? '' : ` where the image has ${needsKey}`;
      const fix = `the bake writes ${overrideText(remedy.config)} into cloud.cfg.d${where}`;
      return { ...finding(reading, row.id, 'protected', at, effect, fix), override: remedy.config };
    }
  }
}

/** The layers say it themselves. A value that is read on the machine counts as said when there is one. */
function isSaid(override: Override, merged: Json): boolean {
  return leavesOf(override).every(({ path, value }) => {
    const said = valueAt(merged, path);
    if (said === undefined) return false;
    return value === undefined || canonicalJson(said) === canonicalJson(value as Json);
  });
}
