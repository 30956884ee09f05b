import { BakeError } from '../../model/errors.ts';
import type { AmiId, CloneId, Region } from '../../model/ids.ts';

const KEEP = 'Add --keep to leave the machine and look at it.';

/** A machine on trial that cannot be tried any further, with the last lines of its console. */
interface Stuck {
  readonly id: CloneId;
  readonly instanceId: string;
  readonly console: readonly string[];
}

const consoleLines = (console: readonly string[]): readonly string[] =>
  console.length === 0 ? ['the console of the machine is empty'] : ['last lines of the console:', ...console];

export function instanceEnded(
  { id, instanceId, console }: Stuck,
  state: string,
  reason: string | undefined,
): BakeError {
  return new BakeError({
    code: 'instance-ended',
    message: `${id}: ${instanceId} is ${state} and was to run${reason === undefined ? '' : `: ${reason}`}`,
    hint: 'A machine that ends by itself has powered off, or could not be started. The console says which.',
    details: consoleLines(console),
    // EC2's own word for whose doing it was: no capacity, say, is not the image's.
    blame: reason?.startsWith('Server.') ? 'cloud' : 'user',
  });
}

export function instanceNotRunning(
  instances: readonly { readonly instanceId: string; readonly state: string }[],
  seconds: number,
): BakeError {
  const states = instances.map(({ instanceId, state }) => `${instanceId} is ${state}`).join(', ');
  return new BakeError({
    code: 'instance-not-running',
    message: `not every machine runs and has an address ${seconds} s after the launch: ${states}`,
    hint: 'Run the same command again, or raise build.timeLimits.connect.',
    blame: 'cloud',
  });
}

export function noLogin({ id, instanceId, console }: Stuck, how: string, seconds: number, said: string): BakeError {
  return new BakeError({
    code: 'no-login',
    message: `${id}: nobody could log in to ${instanceId} by ${how} within ${seconds} s: ${said}`,
    hint: `Does it boot, does sshd start, does the user take the launch key? Raise build.timeLimits.connect if it is only slow. ${KEEP}`,
    details: consoleLines(console),
    blame: 'user',
  });
}

export function bootUnfinished({ id, console }: Stuck, seconds: number, said: readonly string[]): BakeError {
  return new BakeError({
    code: 'boot-unfinished',
    message: `${id}: cloud-init or the boot had not finished ${seconds} s after the first login`,
    hint: `Raise build.timeLimits.connect if it is only slow. ${KEEP}`,
    details: [...said, ...consoleLines(console)],
    blame: 'user',
  });
}

export function notRestarted({ id, instanceId, console }: Stuck, seconds: number, said: string): BakeError {
  return new BakeError({
    code: 'not-restarted',
    message: `${id}: ${instanceId} did not come back within ${seconds} s of its restart: ${said}`,
    hint: KEEP,
    details: consoleLines(console),
    blame: 'user',
  });
}

export function commandFailed({ id, console }: Stuck, what: string, said: readonly string[]): BakeError {
  return new BakeError({
    code: 'try-command-failed',
    message: `${id}: could not ${what}`,
    hint: `The login user needs sudo without a password, and the machine needs python3. ${KEEP}`,
    details: [...said, ...consoleLines(console)],
    blame: 'user',
  });
}

export function foreignHostKey({ id, instanceId }: Stuck, said: string): BakeError {
  return new BakeError({
    code: 'foreign-host-key',
    message: `${id}: what answers is not ${instanceId}: its host key is not one that the console shows: ${said}`,
    hint: 'Something between here and the machine answers in its place.',
    blame: 'cloud',
  });
}

export function copyFailed(copy: AmiId, region: Region, state: string, reason: string | undefined): BakeError {
  return new BakeError({
    code: 'copy-failed',
    message: `the copy ${copy} in ${region} is ${state}${reason === undefined ? '' : `: ${reason}`}`,
    hint: 'An encrypted image needs a key that may be used there; a limit of copies at once asks for another try later.',
    blame: 'cloud',
  });
}

export function copyUnfinished(copy: AmiId, region: Region, seconds: number): BakeError {
  return new BakeError({
    code: 'copy-unfinished',
    message: `the copy ${copy} in ${region} is not available after ${seconds} s`,
    hint: 'Raise build.timeLimits.snapshot, and run the same command again.',
    blame: 'cloud',
  });
}
