import { randomBytes } from 'node:crypto';
import type { RunId } from '../model/ids.ts';

/** `20261120T131405-3f2a91`: sorts by time, and two runs of one second differ. */
export function newRunId(now: Date): RunId {
  const time = now.toISOString().replace(/[-:]|\.\d+Z/g, '');
  return `${time}-${randomBytes(3).toString('hex')}` as RunId;
}

/** What `--force` adds to the fingerprints of the children. */
export const nonceOf = (run: RunId): string => run;
