import { isSameSpace, type RunOwner } from '../model/run-owner.ts';

/** Processes of this machine. */
export interface Processes {
  /** As in `RunOwner`. */
  readonly here: string | undefined;
  isAlive(pid: number): boolean;
}

/** A run that was killed on this very machine need not be waited for. */
export const isGone = (
  { processes, pid }: Pick<RunOwner, 'processes' | 'pid'>,
  { here, isAlive }: Processes,
): boolean => here !== undefined && processes !== undefined && isSameSpace(processes, here) && !isAlive(pid);
