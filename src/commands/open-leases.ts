import type { RunId } from '../model/ids.ts';
import type { Leases } from '../run/promote-effects.ts';
import { createLeases } from '../run/state/leases.ts';
import type { StatePlace } from '../run/state/place.ts';
import { systemClock } from './clock.ts';
import { ownerOf, systemProcesses } from './processes.ts';

/** Leases that name this process as their owner. */
export function openLeases(place: StatePlace, run: RunId): Leases {
  return createLeases({ place, owner: ownerOf(run), processes: systemProcesses, clock: systemClock });
}
