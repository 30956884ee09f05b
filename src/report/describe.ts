import { type AnyOutcome, type BakeEvent, unreachable } from '../model/events.ts';
import type { Protection } from '../model/guarded.ts';
import type { BakePlan, Reason } from '../model/plan.ts';
import type { PlacePlan } from '../model/publishing.ts';
import type { TestResult } from '../model/trial.ts';
import { formatDuration } from './duration.ts';
import { mayGoText } from './prune-words.ts';
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

/** Behind its id, which an error's message may begin with. */
export const withoutId = (id: string, message: string): string =>
  message.startsWith(`${id}: `) ? message.slice(id.length + 2) : message;

/** To stand behind the id of what has ended. */
export function outcomeText(id: string, outcome: AnyOutcome, seconds: number): string {
  switch (outcome.status) {
    case 'done':
      return `done in ${formatDuration(seconds)}: ${outcome.version} ${outcome.imageId}`;
    case 'reused':
      return `reused ${outcome.version} ${outcome.imageId}`;
    case 'published':
      return `published serial ${outcome.serial} in ${formatDuration(seconds)}`;
    case 'unchanged':
      return `unchanged, serial ${outcome.serial}`;
    case 'ready':
      return `ready in ${formatDuration(seconds)}: ${outcome.imageId}`;
    case 'swept':
      return `removed ${outcome.removed === 0 ? 'nothing' : outcome.removed} in ${formatDuration(seconds)}`;
    case 'retired':
      return `retired; ${mayGoText(outcome.deregisterAfter)}`;
    case 'deregistered':
      return `deregistered in ${formatDuration(seconds)}`;
    case 'restored':
      return `brought back in ${formatDuration(seconds)}`;
    case 'failed':
      return `failed after ${formatDuration(seconds)}: ${withoutId(id, outcome.error.message)}`;
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

/** `on base 2026.11.20.1 (ami-…)`. */
export const shellStartedText = ({ on, reused }: EventOf<'shell-started'>): string =>
  reused ? `the machine that is there, on ${on}` : `a machine on ${on}`;

/** `ready after 41.2s; layer nginx ran in 2.9s`. */
export function shellReadyText({ layers, seconds }: EventOf<'shell-ready'>): string {
  const ran = layers.map((one) => `layer ${one.layer} ran in ${formatDuration(one.seconds)}`);
  return [`ready after ${formatDuration(seconds)}`, ...ran].join('; ');
}

type EventOf<T extends BakeEvent['type']> = Extract<BakeEvent, { readonly type: T }>;

/** `protected from cloud-init: /etc/hostname of layers/ssh`. */
export const protectionText = ({ layer, paths }: Protection): string =>
  `protected from cloud-init: ${paths.map(plainLine).join(', ')} of ${layer.includes(' ') ? `the ${layer}` : `layers/${layer}`}`;

/** `waits for 2026.11.20.1, which run 20261120T140320-3f2a91 of ann@ci-7 bakes`. */
export function joinedText({ run, version, user, host }: Extract<BakeEvent, { type: 'bake-joined' }>): string {
  const whose = host === undefined ? '' : ` of ${plainLine(`${user}@${host}`)}`;
  return `waits for ${version}, which run ${plainLine(run)}${whose} bakes`;
}

/** `InsufficientInstanceCapacity: attempt 2 with t3a.small in subnet-0123456789abcdef0`. */
export function retriedText(event: Extract<BakeEvent, { type: 'bake-retried' }>): string {
  const { because, attempt, instanceType, subnet } = event;
  return `${because}: attempt ${attempt} with ${instanceType}${subnet === undefined ? '' : ` in ${subnet}`}`;
}

/** `2 to bake, 1 to reuse`. */
export function planText(plan: BakePlan): string {
  const bakes = plan.steps.filter((step) => step.action === 'bake').length;
  const reuses = plan.steps.length - bakes;
  if (bakes === 0) return reuses === 0 ? 'nothing to do' : `nothing to bake, ${reuses} to reuse`;
  return reuses === 0 ? `${bakes} to bake` : `${bakes} to bake, ${reuses} to reuse`;
}

/** `serial 6: 1 value, 2 objects change`. */
export function placePlanText({ serial, bucketChanges, objects, values, rollbackOf }: PlacePlan): string {
  const there = serial === null ? 'nothing published yet' : `serial ${serial}`;
  const counts = [
    ...(bucketChanges.length === 0 ? [] : [bucketChanges.includes('create') ? 'a new bucket' : 'its bucket']),
    ...(values.length === 0 ? [] : [`${values.length} ${values.length === 1 ? 'value' : 'values'}`]),
    ...(objects.length === 0 ? [] : [`${objects.length} ${objects.length === 1 ? 'object' : 'objects'}`]),
  ];
  const back = rollbackOf === undefined ? '' : `back to serial ${rollbackOf}: `;
  return `${there}: ${back}${counts.length === 0 ? 'nothing to change' : counts.join(', ')}`;
}

export const bucketChangeText = (bucket: string, change: string): string =>
  change === 'create' ? `created bucket ${bucket}` : `set ${change} of bucket ${bucket}`;

/** `2 done, 1 failed`, in the order of the outcomes' severity. */
export function tallyText(outcomes: Readonly<Record<string, AnyOutcome>>): string {
  const all = Object.values(outcomes);
  const counts = (
    [
      'done',
      'reused',
      'published',
      'unchanged',
      'ready',
      'retired',
      'deregistered',
      'restored',
      'swept',
      'failed',
      'cancelled',
    ] as const
  ).flatMap((status) => {
    const count = all.filter((outcome) => outcome.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return counts.join(', ');
}
