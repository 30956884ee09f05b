import { BakeError } from '../model/errors.ts';
import { type Acceleration, detectAcceleration } from '../setup/acceleration.ts';
import { checkTools, type ToolPaths } from '../setup/ensure-tools.ts';
import { type StepContext, together } from '../setup/steps.ts';
import type { ToolName } from '../setup/tools.ts';
import { ensureVenv } from '../setup/venv.ts';
import { ensureBootDisk } from './boot-disk.ts';
import { machinesUnavailable } from './errors.ts';
import type { MachineImage } from './image-cache.ts';
import { findMachineImage, imageTools, makeMachineImage } from './machine-image.ts';
import { findOfficialImage, type OfficialImage } from './official-image.ts';
import type { Machines } from './server-info.ts';

/** What the server is started with. */
export interface Prepared {
  /** Python with the server's packages. */
  readonly python: string;
  /** Undefined without machines. */
  readonly machines: PreparedMachines | undefined;
}

export interface PreparedMachines {
  readonly image: MachineImage;
  readonly bootDisk: string;
  readonly acceleration: Acceleration;
}

const MACHINE_TOOLS: readonly ToolName[] = ['qemu-system-x86_64', 'qemu-img', 'grub-mkimage'];

/**
 * Makes this machine ready for a sandbox: tools, Python packages, machine image. All tools are looked for before
 * anything is changed. Does nothing, in a second, where everything is there.
 * Throws `tools-missing`, `machines-unavailable`, `command-failed`, `download-failed`.
 */
export async function prepareSandbox(machines: Machines, context: StepContext = {}): Promise<Prepared> {
  const base: readonly ToolName[] = ['python3', 'packer'];
  if (machines === 'none') {
    const check = await checkTools(base, context.signal);
    return { python: await ensurePython(check.install(context), check.present, context), machines: undefined };
  }
  const image = await findMachineImage();
  const official = image === undefined ? await findOfficialImage(context.signal) : undefined;
  const forImage = image === undefined ? imageTools(official) : [];
  const check = await checkTools([...new Set([...base, ...MACHINE_TOOLS, ...forImage])], context.signal).catch(explain);
  const [python, prepared] = await together<readonly [string, PreparedMachines]>(context.signal, (signal) => {
    const inner = { ...context, signal };
    const installed = check.install(inner);
    return [
      ensurePython(installed, check.present, inner),
      installed.then((tools) => prepareMachines(image, official, tools, inner)),
    ];
  });
  return { python, machines: prepared };
}

/** The packages can be fetched while apt works, unless apt has yet to bring Python. */
async function ensurePython(installed: Promise<ToolPaths>, present: ToolPaths, context: StepContext): Promise<string> {
  const python = present.get('python3');
  const venv = python === undefined ? undefined : ensureVenv({ python }, context);
  const [tools, early] = await Promise.all([installed, venv]);
  return early ?? ensureVenv({ python: tools.get('python3') ?? 'python3' }, context);
}

async function prepareMachines(
  found: MachineImage | undefined,
  official: OfficialImage | undefined,
  tools: ToolPaths,
  context: StepContext,
): Promise<PreparedMachines> {
  const image = found ?? (await makeMachineImage(official, tools, context));
  const bootDisk = await ensureBootDisk(context);
  const qemu = tools.get('qemu-system-x86_64') ?? 'qemu-system-x86_64';
  const acceleration = await detectAcceleration({ qemu, bootDisk, disk: image.disk, signal: context.signal });
  return { image, bootDisk, acceleration };
}

function explain(error: unknown): never {
  throw error instanceof BakeError && error.code === 'tools-missing' ? machinesUnavailable(error) : error;
}
