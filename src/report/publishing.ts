import type { Json } from '../model/image.ts';
import {
  type ObjectChange,
  PLACE_CHECKS,
  type PlaceCheck,
  type PlaceOutcome,
  type PlacePlan,
  type PlaceReport,
  type ValueChange,
} from '../model/publishing.ts';
import { createPalette, type Palette } from './palette.ts';
import { table } from './table.ts';
import { plainLine } from './text.ts';

const LONGEST = 100;

/** What will change at one place: its bucket, the values by path, the objects. Without the place itself. */
export function differenceLines(plan: PlacePlan, paint: Palette): readonly string[] {
  const lines = [
    ...bucketLines(plan).map(paint.yellow),
    ...plan.values.map((change) => valueLine(change, paint)),
    ...plan.objects.map((change) => objectLine(change, paint)),
  ];
  return lines.map((line) => `  ${line}`);
}

function bucketLines({ bucket, bucketChanges }: PlacePlan): readonly string[] {
  if (bucketChanges.includes('create'))
    return [`! bucket ${bucket} will be created: versioned, encrypted, closed to the public`];
  return bucketChanges.map((change) => `! ${change} of bucket ${bucket} will be set`);
}

function valueLine({ path, from, to }: ValueChange, paint: Palette): string {
  if (from === undefined) return paint.green(`+ ${path}: ${short(to)}`);
  if (to === undefined) return paint.red(`- ${path}: ${short(from)}`);
  return paint.yellow(`~ ${path}: ${short(from)} → ${short(to)}`);
}

function short(value: Json | undefined): string {
  const text = plainLine(JSON.stringify(value) ?? '');
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function objectLine({ name, change, from, to }: ObjectChange, paint: Palette): string {
  const bytes = [from, to].filter((size) => size !== undefined).join(' → ');
  const text = `${name} (${change}, ${bytes} bytes)`;
  if (change === 'added') return paint.green(`+ ${text}`);
  return change === 'removed' ? paint.red(`- ${text}`) : paint.yellow(`~ ${text}`);
}

/** How each place ended. */
export function outcomesText(
  outcomes: ReadonlyMap<string, PlaceOutcome>,
  { columns }: { readonly columns: number | undefined },
): string {
  const rows = [...outcomes].map(([id, outcome]) => {
    const serial = 'serial' in outcome ? `serial ${outcome.serial}` : '';
    return [id, outcome.status, serial];
  });
  return table(rows, { columns });
}

const SIGNS: Readonly<Record<PlaceCheck['status'], string>> = { ok: 'ok', missed: 'MISSED', unknown: '?' };

/** One row for each place, and below it what each miss is. */
export function checkText(
  reports: readonly PlaceReport[],
  { columns, color }: { readonly columns: number | undefined; readonly color: boolean },
): string {
  const paint = createPalette(color);
  const rows = reports.map(({ id, serial, checks }) => [
    id,
    serial === null ? '-' : String(serial),
    ...checks.map(({ status }) => SIGNS[status]),
  ]);
  const head = ['TARGET', 'SERIAL', ...PLACE_CHECKS.map((name) => name.toUpperCase())];
  const paintCell = (_: number, text: string) =>
    text === SIGNS.missed ? paint.red : text === SIGNS.ok ? paint.green : undefined;
  const misses = reports.flatMap(({ id, checks }) =>
    checks.flatMap(({ name, status, detail }) =>
      status === 'missed' ? [`${paint.bold(id)} ${name}: ${plainLine(detail ?? '')}`] : [],
    ),
  );
  return [table(rows, { head, columns, color, paintCell }), ...misses].join('\n');
}
