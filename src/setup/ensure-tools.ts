import { aptInstall } from './apt.ts';
import { toolsMissing, toolsStillMissing } from './errors.ts';
import { cachedPackerFolder } from './packer-cache.ts';
import { installPackerRelease } from './packer-release.ts';
import { type InstallPlan, planInstall, releasePlatform } from './plan-install.ts';
import { probeTools, type ToolRow } from './probe.ts';
import { type StepContext, together } from './steps.ts';
import { detectSystem, installHint, type System } from './system.ts';
import { TOOLS, type ToolName } from './tools.ts';

/** Absolute path of each tool's executable. */
export type ToolPaths = ReadonlyMap<ToolName, string>;

/** A tool that is here, with the version that it names. */
export type PresentTool = Extract<ToolRow, { readonly status: 'present' }>;

/** What is here, and a promise that the rest can be installed. */
export interface ToolCheck {
  readonly present: ToolPaths;
  /** Installs the rest. Throws `command-failed`, `download-failed`, `tools-missing` when that was of no use. */
  install(context: StepContext): Promise<ToolPaths>;
}

/** Looks for the tools, changing nothing. Throws `tools-missing`, listing every tool that cannot be installed here. */
export async function checkTools(names: readonly ToolName[], signal?: AbortSignal): Promise<ToolCheck> {
  const rows = await probeTools(names, { signal });
  const present = pathsOf(rows);
  if (present.size === names.length) return { present, install: async () => present };
  const system = await detectSystem();
  const plan = planInstall(rows, system);
  if (plan.kind === 'impossible') throw toolsMissing(plan.missing);
  return {
    present,
    install: async (context) => {
      if (plan.kind === 'install') await install(plan, system, context);
      return pathsOf(await findAll(names, system, context.signal));
    },
  };
}

/**
 * Makes sure that the tools are here: what is missing is installed, by apt in one call, Packer also from HashiCorp's
 * release. When one of them cannot be installed nothing is, and `tools-missing` lists all of them with what to type.
 */
export async function ensureTools(names: readonly ToolName[], context: StepContext = {}): Promise<ToolPaths> {
  const check = await checkTools(names, context.signal);
  return check.install(context);
}

/** The same for one tool, with what it answered: starting it again to ask takes as long as it takes to start. */
export async function ensureTool(name: ToolName, context: StepContext = {}): Promise<PresentTool> {
  const [row] = await probeTools([name], { signal: context.signal });
  if (row?.status === 'present') return row;
  await ensureTools([name], context);
  const [installed] = await findAll([name], await detectSystem(), context.signal);
  if (installed === undefined) throw new Error(`${name} was not looked for`);
  return installed;
}

async function findAll(
  names: readonly ToolName[],
  system: System,
  signal?: AbortSignal,
): Promise<readonly PresentTool[]> {
  const rows = await probeTools(names, { signal });
  const missing = rows.filter((row) => row.status === 'missing');
  if (missing.length > 0) {
    throw toolsStillMissing(missing.map((row) => ({ ...row, hint: installHint(row.name, system) })));
  }
  return rows.filter(isPresent);
}

async function install(plan: InstallPlan & { kind: 'install' }, system: System, context: StepContext): Promise<void> {
  await together<readonly unknown[]>(context.signal, (signal) => [
    plan.aptPackages.length > 0 ? installByApt(plan.aptPackages, system, { ...context, signal }) : Promise.resolve(),
    plan.packerRelease ? installRelease(system, { ...context, signal }) : Promise.resolve(),
  ]);
}

/** Not every release of Debian and Ubuntu has Packer: then it is HashiCorp's there too. */
async function installByApt(packages: readonly string[], system: System, context: StepContext): Promise<void> {
  const dispensable = releasePlatform(system) === undefined ? [] : [TOOLS.packer.packages.apt];
  const lacking = await aptInstall(packages, system.asRoot ?? [], context, dispensable);
  if (lacking.length > 0) await installRelease(system, context);
}

async function installRelease(system: System, context: StepContext): Promise<void> {
  const platform = releasePlatform(system);
  if (platform !== undefined) await installPackerRelease({ platform, folder: cachedPackerFolder() }, context);
}

const isPresent = (row: ToolRow): row is PresentTool => row.status === 'present';

const pathsOf = (rows: readonly ToolRow[]): ToolPaths =>
  new Map(rows.filter(isPresent).map(({ name, path }) => [name, path]));
