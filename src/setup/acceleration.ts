import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { cacheDir } from './paths.ts';
import { bootId } from './process-identity.ts';

/** How QEMU runs x86-64 code here. `tcg` works everywhere, and is ten to twenty times slower. */
export type Accelerator = 'kvm' | 'hvf' | 'tcg';

export interface Acceleration {
  readonly accelerator: Accelerator;
  /** Why not the faster one, in words; for `tcg` only. */
  readonly because?: string;
}

export interface TrialDisk {
  readonly format: 'raw' | 'qcow2';
  readonly file: string;
}

/** What to boot to find out. Nothing is written to the files. */
export interface TrialMachine {
  /** The `qemu-system-x86_64` executable. */
  readonly qemu: string;
  /** In the order in which the firmware looks at them. */
  readonly disks: readonly TrialDisk[];
  readonly signal?: AbortSignal | undefined;
}

/** A machine with working acceleration gets here in two seconds. */
const LIMIT = 8_000;

/** The kernel's first line on the serial port: firmware and boot loader have run by then, and so has a page table. */
const BOOTED = 'Linux version';

/**
 * The fastest accelerator that really boots a machine: /dev/kvm may be there and yet fail an assertion or hang, in
 * nested virtualisation above all. The answer is kept until this computer restarts.
 */
export async function detectAcceleration(trial: TrialMachine): Promise<Acceleration> {
  const file = join(cacheDir(), 'acceleration.json');
  const boot = await bootId();
  const known = await recall(file, boot);
  if (known !== undefined) return known;
  const found = await findOut(trial);
  trial.signal?.throwIfAborted();
  if (boot !== '') {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ version: 1, boot, ...found }));
  }
  return found;
}

/**
 * Why machines are emulated here, as far as that shows without booting one; undefined where nothing speaks for it, or a
 * trial has shown that they are not.
 */
export async function emulatedBecause(): Promise<string | undefined> {
  const known = await recall(join(cacheDir(), 'acceleration.json'), await bootId());
  return known === undefined ? knownObstacle() : known.because;
}

async function findOut(trial: TrialMachine): Promise<Acceleration> {
  const accelerator = process.platform === 'darwin' ? 'hvf' : 'kvm';
  const obstacle = await knownObstacle();
  if (obstacle !== undefined) return { accelerator: 'tcg', because: obstacle };
  if (await boots(accelerator, trial)) return { accelerator };
  return { accelerator: 'tcg', because: `a machine with -accel ${accelerator} did not boot within ${LIMIT / 1000} s` };
}

/** What rules acceleration out without a trial. */
async function knownObstacle(): Promise<string | undefined> {
  if (process.arch !== 'x64') return `this computer is ${process.arch}, the machines are x86-64`;
  if (process.platform === 'darwin') return undefined;
  if (process.platform !== 'linux') return `no accelerator is known for ${process.platform}`;
  const cpus = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  if (!/\b(?:vmx|svm)\b/.test(cpus)) return 'the processor offers no virtualisation';
  const usable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return usable ? undefined : '/dev/kvm cannot be opened by this user';
}

async function boots(accelerator: Accelerator, { qemu, disks, signal }: TrialMachine): Promise<boolean> {
  const machine = execa(
    qemu,
    [
      ...['-accel', accelerator, '-cpu', 'max', '-m', '512', '-display', 'none', '-nodefaults', '-no-reboot'],
      ...['-serial', 'stdio', '-snapshot'],
      ...disks.flatMap(({ format, file }) => ['-drive', `if=virtio,format=${format},file=${file}`]),
    ],
    {
      reject: false,
      stdin: 'ignore',
      timeout: LIMIT,
      forceKillAfterDelay: 500,
      cancelSignal: signal ?? new AbortController().signal,
    },
  );
  let seen = false;
  for await (const line of machine.iterable()) {
    seen = String(line).includes(BOOTED);
    if (seen) break;
  }
  machine.kill('SIGKILL');
  await machine;
  return seen;
}

async function recall(file: string, boot: string): Promise<Acceleration | undefined> {
  try {
    const { version, boot: then, accelerator, because } = JSON.parse(await readFile(file, 'utf8'));
    if (version !== 1 || then !== boot) return undefined;
    return because === undefined ? { accelerator } : { accelerator, because };
  } catch {
    return undefined;
  }
}
