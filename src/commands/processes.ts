import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { RunId } from '../model/ids.ts';
import type { RunOwner } from '../model/run-owner.ts';
import type { Processes } from '../run/processes.ts';

export const systemProcesses: Processes = {
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

/** This process. */
export function ownerOf(run: RunId): RunOwner {
  const { here } = systemProcesses;
  const owner = { run, host: hostname(), user: userName(), pid: process.pid };
  return here === undefined ? owner : { ...owner, processes: here };
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
