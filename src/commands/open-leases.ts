import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { RunId } from '../model/ids.ts';
import type { Leases } from '../run/promote-effects.ts';
import type { Processes } from '../run/state/lease-file.ts';
import { createLeases } from '../run/state/leases.ts';
import type { StatePlace } from '../run/state/place.ts';
import { systemClock } from './clock.ts';

/** Leases that name this process as their owner. */
export function openLeases(place: StatePlace, run: RunId): Leases {
  const processes = systemProcesses();
  const { here } = processes;
  const owner = { run, host: hostname(), user: userName(), pid: process.pid };
  return createLeases({
    place,
    owner: here === undefined ? owner : { ...owner, processes: here },
    processes,
    clock: systemClock,
  });
}

function systemProcesses(): Processes {
  return {
    here: processSpace(),
    isAlive(pid) {
      try {
        process.kill(pid, 0);
        return true;
      } catch (error) {
        // Of somebody else, it may not be signalled.
        return (error as NodeJS.ErrnoException).code !== 'ESRCH';
      }
    },
  };
}

/** Linux alone tells one boot of a machine and one container from all others. */
function processSpace(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/** There is none where the process runs under a bare number, as in some containers. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
