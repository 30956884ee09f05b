import type { Waiting } from '../../src/aws/promotion/waiting.ts';
import { NOW } from './builders.ts';

/** Waits in no time: its clock moves by what is slept. */
export function quickWaiting(limit = 10_000): Waiting & { readonly slept: readonly number[] } {
  const slept: number[] = [];
  let now = NOW.getTime();
  return {
    slept,
    limit,
    signal: new AbortController().signal,
    clock: {
      now: () => new Date(now),
      sleep: async (milliseconds, signal) => {
        signal.throwIfAborted();
        slept.push(milliseconds);
        now += milliseconds;
      },
    },
  };
}
