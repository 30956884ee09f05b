import { BakeError } from '../model/errors.ts';
import { type Acceleration, detectAcceleration, type TrialDisk } from '../setup/acceleration.ts';
import { checkTools, type ToolPaths } from '../setup/ensure-tools.ts';
import { type StepContext, together } from '../setup/steps.ts';
import type { ToolName } from '../setup/tools.ts';
import { ensureVenv } from '../setup/venv.ts';
import { ensureBootDisk } from './boot-disk.ts';
import { machinesUnavailable } from './errors.ts';
import { type ImageRecipe, type MachineImages, makeImages, recipeFor } from './image-recipe.ts';
import type { Machines } from './server-info.ts';
import { DEBIAN_12, type WantedSource } from './wanted-sources.ts';

/** What the server is started with. */
export interface Prepared {
  /** Python with the server's packages. */
  readonly python: string;
  /** Undefined without machines. */
  readonly machines: PreparedMachines | undefined;
}

export interface PreparedMachines {
  readonly images: MachineImages;
  readonly bootDisk: string;
  readonly acceleration: Acceleration;
}

const MACHINE_TOOLS: readonly ToolName[] = ['qemu-system-x86_64', 'qemu-img', 'grub-mkimage'];

/**
 * Makes this machine ready for a sandbox: tools, Python packages, machine images. All tools are looked for before
 * anything is changed. Does nothing, in a second, where everything is there.
 * Throws `tools-missing`, `machines-unavailable`, `command-failed`, `download-failed`, and what is wrong with an image.
 */
export async function prepareSandbox(
  machines: Machines,
  context: StepContext = {},
  sources: readonly WantedSource[] = [DEBIAN_12],
): Promise<Prepared> {
  const base: readonly ToolName[] = ['python3', 'packer'];
  if (machines === 'none') {
    const check = await checkTools(base, context.signal);
    return { python: await ensurePython(check.install(context), check.present, context), machines: undefined };
  }
  const recipes = await recipesFor(sources, context.signal);
  const tools = [...new Set([...base, ...MACHINE_TOOLS, ...toolsOf(recipes)])];
  const check = await checkTools(tools, context.signal).catch(explain);
  const [python, prepared] = await together<readonly [string, PreparedMachines]>(context.signal, (signal) => {
    const inner = { ...context, signal };
    const installed = check.install(inner);
    return [
      ensurePython(installed, check.present, inner),
      installed.then((tools) => prepareMachines(recipes, tools, inner)),
    ];
  });
  return { python, machines: prepared };
}

/** Makes images for a sandbox that is up already. Throws as `prepareSandbox` does. */
export async function prepareImages(sources: readonly WantedSource[], context: StepContext): Promise<MachineImages> {
  const recipes = await recipesFor(sources, context.signal);
  const check = await checkTools(toolsOf(recipes), context.signal);
  return makeImages(recipes, await check.install(context), context);
}

const recipesFor = (sources: readonly WantedSource[], signal?: AbortSignal): Promise<readonly ImageRecipe[]> =>
  Promise.all(sources.map((source) => recipeFor(source, signal)));

const toolsOf = (recipes: readonly ImageRecipe[]): readonly ToolName[] => [
  ...new Set(recipes.flatMap((recipe) => (recipe.found === undefined ? recipe.tools : []))),
];

/** The packages can be fetched while apt works, unless apt has yet to bring Python. */
async function ensurePython(installed: Promise<ToolPaths>, present: ToolPaths, context: StepContext): Promise<string> {
  const python = present.get('python3');
  const venv = python === undefined ? undefined : ensureVenv({ python }, context);
  const [tools, early] = await Promise.all([installed, venv]);
  return early ?? ensureVenv({ python: tools.get('python3') ?? 'python3' }, context);
}

async function prepareMachines(
  recipes: readonly ImageRecipe[],
  tools: ToolPaths,
  context: StepContext,
): Promise<PreparedMachines> {
  const images = await makeImages(recipes, tools, context);
  const bootDisk = await ensureBootDisk(context);
  const qemu = tools.get('qemu-system-x86_64') ?? 'qemu-system-x86_64';
  const disks = disksToTry(images, bootDisk);
  const acceleration = await detectAcceleration({ qemu, disks, signal: context.signal });
  return { images, bootDisk, acceleration };
}

/** Any image will do to see whether a machine boots; one of ours is the quickest. */
function disksToTry(images: MachineImages, bootDisk: string): readonly TrialDisk[] {
  const [image] = [...images.values()].sort(
    (a, b) => Number(a.bootMode !== undefined) - Number(b.bootMode !== undefined),
  );
  if (image === undefined) throw new Error('a sandbox with machines has no image');
  const disk: TrialDisk = { format: 'qcow2', file: image.disk };
  return image.bootMode === undefined ? [{ format: 'raw', file: bootDisk }, disk] : [disk];
}

function explain(error: unknown): never {
  throw error instanceof BakeError && error.code === 'tools-missing' ? machinesUnavailable(error) : error;
}
