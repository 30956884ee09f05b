import type { Architecture } from '../model/ids.ts';
import type { Image, Limits } from '../model/image.ts';

/** What becomes of the others when a bake fails; docs/all.md. */
export const FAILURE_MODES = ['finish-independent', 'stop', 'keep-going'] as const;
export type OnFailure = (typeof FAILURE_MODES)[number];

/** What a builder takes of what `limits` of the configuration can limit, wherever it is launched in the end. */
export function roomOf({ origin, build }: Image, architecture: Architecture): Readonly<Record<string, number>> {
  return { parallel: 1, [origin.kind]: 1, vcpus: Math.max(...build.instanceTypes[architecture].map(vcpusOf)) };
}

export interface LimitsRequest {
  readonly limits: Limits;
  /** Of the command line. */
  readonly parallel?: number | undefined;
  /** A machine of one's own has no room for more than one builder at a time, and no quota. */
  readonly sandbox: boolean;
}

export function limitsOf({ limits, parallel, sandbox }: LimitsRequest): Readonly<Record<string, number>> {
  if (sandbox) return { parallel: parallel ?? 1 };
  return { ...limits, parallel: parallel ?? limits.parallel };
}

/**
 * vCPUs of an instance type by its size, never fewer than it has: `large` and what is smaller 2, `xlarge` 4, `4xlarge`
 * 16, `metal-24xl` 96. A `metal` without a number counts as 96, and so does a size that nobody has heard of yet.
 */
export function vcpusOf(instanceType: string): number {
  const size = instanceType.split('.')[1] ?? '';
  const [, times = '1'] = /^(?:metal-)?(\d*)xl(?:arge)?$/.exec(size) ?? ['', '24'];
  return SMALL.has(size) ? 2 : 4 * Number(times === '' ? 1 : times);
}
const SMALL: ReadonlySet<string> = new Set(['nano', 'micro', 'small', 'medium', 'large']);
