import { type Check, type CheckStatus, checksOf, type TestResult, type TrialReport } from '../model/trial.ts';
import { testText } from './describe.ts';
import { formatDuration } from './duration.ts';
import { createPalette, type Palette } from './palette.ts';
import { table } from './table.ts';

export interface TrialTextOptions {
  readonly columns: number | undefined;
  readonly color: boolean;
}

const SIGNS: Readonly<Record<CheckStatus, string>> = { ok: 'ok', changed: 'differs', lost: 'LOST', failed: 'FAILED' };

/** The result of a trial for people: a table of checks and what each machine's boots and tests gave. */
export function trialText(report: TrialReport, { columns, color }: TrialTextOptions): string {
  const paint = createPalette(color);
  const rows = checkRows(report);
  const head = ['', 'CHECK', 'WHERE', 'LAYER', 'BAKED', 'FOUND'];
  const paintCell = (column: number, text: string) => (column === 0 ? paintOf(text, paint) : undefined);
  const checks = table(rows, { head, columns, color, paintCell });
  return [checks, ...bootLines(report), ...testLines(report, paint)].join('\n');
}

/** A check that says the same on every boot is one row. */
function checkRows(report: TrialReport): readonly (readonly string[])[] {
  const merged = new Map<string, { readonly check: Check; readonly places: string[] }>();
  for (const { at, check } of checksOf(report)) {
    const key = JSON.stringify([check.id, check.status, check.expected, check.status === 'ok' ? '' : check.found]);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { check, places: [at] });
    else known.places.push(at);
  }
  const boots = report.clones.reduce((count, clone) => count + clone.boots.length, 0);
  return [...merged.values()].map(({ check, places }) => [
    SIGNS[check.status],
    check.status === 'ok' ? check.title : check.id,
    places.length === boots && boots > 1 ? 'every boot' : places.map(shortPlace).join(', '),
    check.layer ?? '',
    oneLine(check.expected ?? ''),
    oneLine([check.found, check.status === 'ok' ? undefined : check.reason].filter(Boolean).join('; ')),
  ]);
}

/** `#1 boot 2` for `api/x86_64#1 boot 2`: the image is the same everywhere. */
const shortPlace = (place: string): string => place.replace(/^.*#/, '#');

/** Lines side by side; of digests, as much as tells two apart. */
const oneLine = (text: string): string =>
  text.replaceAll('\n', ' ⏎ ').replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…');

function bootLines({ clones }: TrialReport): readonly string[] {
  return clones.flatMap(({ id, instanceId, boots }) =>
    boots.map(({ boot, bootSeconds, kernel }) => {
      const time = bootSeconds === null ? 'has not finished booting' : `booted in ${formatDuration(bootSeconds)}`;
      return `${id} ${instanceId} boot ${boot}: ${time}, kernel ${kernel}`;
    }),
  );
}

function testLines({ clones }: TrialReport, paint: Palette): readonly string[] {
  return clones.flatMap(({ tests }) => tests.flatMap((test) => [testLine(test, paint), ...outputOf(test)]));
}

const testLine = (test: TestResult, paint: Palette): string =>
  `${test.ok ? paint.green('ok') : paint.red('FAILED')} ${testText(test)}`;

/** A test that passes may tell what it has found, in few words. */
const SHOWN_OF_PASSED = 3;

const outputOf = ({ ok, output }: TestResult): readonly string[] =>
  (ok ? output.slice(-SHOWN_OF_PASSED) : output).map((line) => `    ${line}`);

function paintOf(sign: string, paint: Palette) {
  if (sign === SIGNS.lost || sign === SIGNS.failed) return paint.red;
  return sign === SIGNS.ok ? paint.green : paint.yellow;
}
