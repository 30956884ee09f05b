import type { ErrorSummary } from '../model/errors.ts';
import type { Outcome } from '../model/events.ts';
import type { KnownImage } from '../model/known-image.ts';
import {
  type Check,
  type CloneReport,
  checksOf,
  type Findings,
  isBad,
  type TrialReport,
  troubleText,
} from '../model/trial.ts';

type Tried = Pick<KnownImage, 'imageId' | 'version' | 'image' | 'architecture'>;

/** Of one machine that could be examined. */
export function cloneOutcome(known: Tried, report: CloneReport): Outcome {
  return outcomeOf(known, { clones: [report], checks: [] }, report.id);
}

/** Of the image: cancelled or failed as its machines were, or what the checks and tests say. */
export function trialOutcome(known: Tried, outcomes: readonly Outcome[], report: TrialReport): Outcome {
  const cancelled = outcomes.find(({ status }) => status === 'cancelled');
  const stuck = outcomes.find((outcome) => outcome.status === 'failed' && outcome.error.code !== FAILED);
  return cancelled ?? stuck ?? outcomeOf(known, report, `${known.image} ${known.version} (${known.architecture})`);
}

const FAILED = 'try-failed';
/** How machines fail; whatever else fails is about the account, its region or the network. */
const OF_THE_IMAGE = new Set([
  FAILED,
  'instance-ended',
  'no-login',
  'boot-unfinished',
  'not-restarted',
  'try-command-failed',
]);

/** Does an outcome say something about the image? Not when it was interrupted, nor when no machine of it could be had. */
export function saysSomething(outcome: Outcome): boolean {
  if (outcome.status !== 'failed') return outcome.status === 'done';
  return outcome.error.blame === 'user' && OF_THE_IMAGE.has(outcome.error.code);
}

/** Lines that an error names; all of them are in the table of checks. */
const LISTED = 20;

function outcomeOf(known: Tried, report: Findings, name: string): Outcome {
  const trouble = troubleText(report);
  if (trouble === '') return { status: 'done', imageId: known.imageId, version: known.version };
  const checks = new Set(checksOf(report).flatMap(({ check }) => (isBad(check) ? [checkText(check)] : [])));
  const tests = report.clones.flatMap(({ tests }) => tests.filter(({ ok }) => !ok));
  const lines = [
    ...checks,
    ...tests.flatMap(({ layer, name, output }) => [`layers/${layer}/test/${name} failed:`, ...output.slice(-5)]),
  ];
  const details = lines.length <= LISTED ? lines : [...lines.slice(0, LISTED), `… and ${lines.length - LISTED} more`];
  const hint = 'The table of checks has all of it. bake check tells beforehand what cloud-init would overwrite.';
  const error: ErrorSummary = { code: FAILED, message: `${name}: ${trouble}`, details, hint, blame: 'user' };
  return { status: 'failed', error };
}

/** `lost: files/etc/motd (layer base): expected …, found …`. */
function checkText({ id, status, expected, found, layer, reason }: Check): string {
  const whose = layer === undefined ? '' : ` (layer ${layer})`;
  const values = expected === undefined ? (found ?? '') : `expected ${short(expected)}, found ${short(found ?? '')}`;
  return `${status}: ${id}${whose}: ${[values, reason].filter(Boolean).join('; ')}`;
}

/** Values may be files' lines; of digests, as much as tells two apart. */
const short = (value: string): string => {
  const line = value.replaceAll('\n', ' ⏎ ').replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…');
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
};
