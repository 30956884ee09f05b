import { readFile } from 'node:fs/promises';

/** One process among all that ever had its number: pids are used again, and after a reboot soon. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot and clock tick it began at; empty where the system does not tell. */
  readonly began: string;
}

export const thisProcess = async (): Promise<ProcessIdentity> => ({
  pid: process.pid,
  began: await beganOf(process.pid),
});

/** Whether this very process still runs, whoever owns it. */
export async function isAlive({ pid, began }: ProcessIdentity): Promise<boolean> {
  return pidExists(pid) && (began === '' || began === (await beganOf(pid)));
}

export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Identifies the time from one start of this computer to the next; empty where the system does not tell. */
export const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();

async function beganOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (stat === '') return '';
  // proc(5): the second field, a name in parentheses, may hold spaces; starttime is the 22nd.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${await bootId()}/${ticks}`;
}
