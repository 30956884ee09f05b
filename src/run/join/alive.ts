import type { Reservation } from '../../model/reservation.ts';
import { isGone, type Processes } from '../processes.ts';

/** Milliseconds from one sign of life to the next. */
export const BEAT = 30_000;
/** Milliseconds that a run counts as alive after its last sign: two may be lost. */
export const LIFE = 120_000;
/** For a sign that is on its way, and clocks that do not agree. */
export const GRACE = 15_000;

/** Until when a run that says so now is alive. */
export const aliveUntil = (now: Date): string => new Date(now.getTime() + LIFE).toISOString();

/** A run that was killed on this machine is dead at once, any other one when it has not renewed what it has. */
export function isLiving({ alive, owner }: Reservation, now: Date, processes: Processes): boolean {
  if (alive === undefined || (owner !== undefined && isGone(owner, processes))) return false;
  return Date.parse(alive) + GRACE > now.getTime();
}
