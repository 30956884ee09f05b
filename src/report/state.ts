import type { StateCheck } from '../model/state.ts';
import { createPalette } from './palette.ts';
import { table } from './table.ts';

const SIGNS: Readonly<Record<StateCheck['status'], string>> = { ok: 'ok', missed: 'MISSED', unknown: '?' };

/** What each check is about, as a person asks it. */
const QUESTIONS: Readonly<Record<StateCheck['name'], string>> = {
  bucket: 'bucket exists',
  region: 'in its region',
  account: 'of the account',
  project: 'of this project',
  versioned: 'versioned',
  encrypted: 'encrypted',
  private: 'not public',
  owner: 'owner enforced',
  tags: 'tagged',
  lifecycle: 'old things removed',
};

export const LOST_WITHOUT_STATE: readonly string[] = [
  'records of bakes stay on the machine that made them; elsewhere plans name groups of changed inputs, not files, and bake diff no packages',
  'nothing keeps two promotions of an image to one channel apart',
  'what a channel holds is a tag of the image, which two machines may write at once; its history has the last move of each version, and not who made it',
];

export interface StateText {
  /** `s3://acme-state/prefix`. */
  readonly where: string;
  readonly checks: readonly StateCheck[];
  /** Records that are on this machine alone. */
  readonly missing: number | null;
}

export function stateText(
  { where, checks, missing }: StateText,
  { columns, color }: { readonly columns: number | undefined; readonly color: boolean },
): string {
  const paint = createPalette(color);
  const paintCell = (column: number, text: string) =>
    column > 0 ? undefined : text === SIGNS.missed ? paint.red : text === SIGNS.ok ? paint.green : paint.dim;
  const rows = checks.map(({ name, status, detail = '' }) => [SIGNS[status], QUESTIONS[name], detail]);
  const kept = missing ? [`${missing} of this machine's records are not there yet: bake state init uploads them.`] : [];
  return [paint.bold(where), table(rows, { columns, color, paintCell }), ...kept].join('\n');
}

/** What a project without a state bucket does without. */
export const noStateText = (): string =>
  [
    'There is no state bucket. Everything works, but',
    ...LOST_WITHOUT_STATE.map((line) => `- ${line}`),
    "Name one in the configuration, state: { bucket: 'acme-bake-state-{account}' }, and make it with bake state init.",
  ].join('\n');

/** What `bake state init` is about to do. */
export function stateChangesText(
  bucket: string,
  { creates, gives }: { readonly creates: boolean; readonly gives: readonly string[] },
): string {
  if (creates) return `! bucket ${bucket} will be created: versioned, encrypted, closed to the public`;
  return gives.map((feature) => `! ${feature} of bucket ${bucket} will be set`).join('\n');
}
