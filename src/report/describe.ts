import { type Outcome, unreachable } from '../model/events.ts';
import type { Protection } from '../model/guarded.ts';
import type { BakePlan, Reason } from '../model/plan.ts';
import type { TestResult } from '../model/trial.ts';
import { formatDuration } from './duration.ts';
import { plainLine } from './text.ts';

/** A reason on one line. The plan's own explanation, with every change, is `plan/explain.ts`. */
export function reasonText(reason: Reason): string {
  switch (reason.why) {
    case 'never-baked':
      return 'never baked';
    case 'inputs-changed':
      return `${changesText(reason.changes.map((change) => change.input))} changed since ${reason.since}`;
    case 'parent-changed':
      return `parent ${reason.parent} changed`;
    case 'image-missing':
      return `${reason.version}: ${reason.detail}`;
    case 'refreshed':
      return `refreshed (${reason.epoch})`;
    case 'forced':
      return 'forced';
    default:
      return unreachable(reason);
  }
}

function changesText(inputs: readonly string[]): string {
  const [first, ...others] = inputs;
  if (first === undefined) return 'inputs';
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

export function outcomeText(outcome: Outcome, seconds: number): string {
  switch (outcome.status) {
    case 'done':
      return `done in ${formatDuration(seconds)}: ${outcome.version} ${outcome.imageId}`;
    case 'reused':
      return `reused ${outcome.version} ${outcome.imageId}`;
    case 'failed':
      return `failed after ${formatDuration(seconds)}: ${outcome.error.message}`;
    case 'cancelled':
      return `cancelled: ${outcome.because}`;
    default:
      return unreachable(outcome);
  }
}

/** `layers/api/test/10-healthz passed after 1.2s`. */
export function testText({ layer, name, ok, exitCode, seconds }: TestResult): string {
  const how = exitCode === undefined ? 'was stopped' : `failed with exit code ${exitCode}`;
  return `layers/${layer}/test/${name} ${ok ? 'passed' : how} after ${formatDuration(seconds)}`;
}

/** `protected from cloud-init: /etc/hostname of layers/ssh`. */
export const protectionText = ({ layer, paths }: Protection): string =>
  `protected from cloud-init: ${paths.map(plainLine).join(', ')} of layers/${layer}`;

/** `2 to bake, 1 to reuse`. */
export function planText(plan: BakePlan): string {
  const bakes = plan.steps.filter((step) => step.action === 'bake').length;
  const reuses = plan.steps.length - bakes;
  if (bakes === 0) return reuses === 0 ? 'nothing to do' : `nothing to bake, ${reuses} to reuse`;
  return reuses === 0 ? `${bakes} to bake` : `${bakes} to bake, ${reuses} to reuse`;
}

/** `2 done, 1 failed`, in the order of the outcomes' severity. */
export function tallyText(outcomes: Readonly<Record<string, Outcome>>): string {
  const all = Object.values(outcomes);
  const counts = (['done', 'reused', 'failed', 'cancelled'] as const).flatMap((status) => {
    const count = all.filter((outcome) => outcome.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return counts.join(', ');
}
