import type { Json } from '../model/image.ts';
import type {
  ObjectChange,
  PlaceCheck,
  PlaceOutcome,
  PlacePlan,
  PlaceReport,
  ValueChange,
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

/** What each check is about, as a person asks it. */
const QUESTIONS: Readonly<Record<PlaceCheck['name'], string>> = {
  bucket: 'bucket exists',
  region: 'in its region',
  account: 'of its account',
  versioned: 'versioned',
  encrypted: 'encrypted',
  private: 'not public',
  manifest: 'manifest',
  objects: 'objects as in the manifest',
  current: 'as in the configuration',
};

/** A table for each place, with what each miss is. */
export function checkText(
  reports: readonly PlaceReport[],
  { columns, color }: { readonly columns: number | undefined; readonly color: boolean },
): string {
  const paint = createPalette(color);
  const paintCell = (column: number, text: string) =>
    column > 0 ? undefined : text === SIGNS.missed ? paint.red : text === SIGNS.ok ? paint.green : paint.dim;
  const blocks = reports.map(({ id, bucket, prefix, checks }) => {
    const rows = checks.map(({ name, status, detail = '' }) => [SIGNS[status], QUESTIONS[name], detail]);
    return `${paint.bold(id)} s3://${bucket}/${prefix}\n${table(rows, { columns, color, paintCell })}`;
  });
  return blocks.join('\n\n');
}
