import { loadConfig } from '../config/load.ts';
import { summarise } from '../model/errors.ts';
import type { Config } from '../model/image.ts';
import { accelerationCheck, diskCheck, failedCheck, type HealthCheck, skippedCheck } from '../plan/health.ts';
import { table } from '../report/table.ts';
import { emulatedBecause } from '../setup/acceleration.ts';
import { roomIn } from '../setup/health.ts';
import { cacheDir, dataDir } from '../setup/paths.ts';
import { probeTools, type ToolRow } from '../setup/probe.ts';
import { detectSystem, installHint } from '../setup/system.ts';
import { TOOL_NAMES, type ToolName } from '../setup/tools.ts';
import { wantsSandbox } from './connect.ts';
import { checkAws, skipAws } from './doctor-aws.ts';
import { type CommandIo, type CommonOptions, columnsOf, configOption, print, printJson } from './io.ts';
import { orAborted } from './or-aborted.ts';
import { layersWithAnsible } from './require-ansible.ts';
import { stateFolder } from './state-folder.ts';

/** `bake doctor`: what bakes need of this machine and of AWS, and what to type where it is not there. Exit 1 then. */
export async function doctor(options: CommonOptions, io: CommandIo): Promise<number> {
  const configured = await checkConfig(options, io);
  const tools = await lookForTools(configured.config, io);
  const checks = await orAborted(io.signal, checkAll(configured, options, io));
  const ok = tools.every(({ status }) => status === 'present') && checks.every(({ status }) => status !== 'failed');
  if (options.json) printJson(io, { version: 1, ok, node: process.version, tools, checks });
  else print(io, `${toolsText(tools, columnsOf(io))}\n\n${checksText(checks)}`);
  return ok ? 0 : 1;
}

type Tool = ToolRow & { readonly hint?: string };

async function lookForTools(config: Config | undefined, io: CommandIo): Promise<readonly Tool[]> {
  const unneeded = new Set<ToolName>();
  if (process.getuid?.() === 0) unneeded.add('newuidmap');
  // Whoever has no playbook needs no Ansible.
  if (config === undefined || layersWithAnsible(config, config.images.values()).length === 0) {
    unneeded.add('ansible-playbook');
  }
  const names = TOOL_NAMES.filter((name) => !unneeded.has(name));
  const [rows, system] = await Promise.all([probeTools(names, { signal: io.signal }), detectSystem()]);
  return rows.map((row) => ({ ...row, ...(row.status === 'missing' ? { hint: installHint(row.name, system) } : {}) }));
}

async function checkAll(
  { check, config }: Configured,
  options: CommonOptions,
  io: CommandIo,
): Promise<readonly HealthCheck[]> {
  const folders = [cacheDir(io.env), dataDir(io.env), ...(config === undefined ? [] : [stateFolder(config)])];
  const [room, because, cloud] = await Promise.all([
    Promise.all(folders.map(roomIn)),
    emulatedBecause(),
    cloudChecks(config, options, io),
  ]);
  return [check, diskCheck(room), accelerationCheck(because), ...cloud];
}

async function cloudChecks(
  config: Config | undefined,
  options: CommonOptions,
  io: CommandIo,
): Promise<readonly HealthCheck[]> {
  if (wantsSandbox(options, io)) return skipAws('the sandbox needs none of it');
  return config === undefined ? skipAws('needs a configuration, which names the region') : checkAws(config, io);
}

interface Configured {
  readonly check: HealthCheck;
  readonly config?: Config;
}

async function checkConfig(options: CommonOptions, io: CommandIo): Promise<Configured> {
  const name = 'configuration';
  try {
    const config = await loadConfig(configOption(options, io));
    return { config, check: { name, status: 'ok', detail: config.file } };
  } catch (error) {
    const problem = summarise(error);
    // Whoever looks at the machine first has no project yet.
    const isNone = problem.code === 'config-not-found' && options.config === undefined;
    return { check: isNone ? skippedCheck(name, problem.message) : failedCheck(name, problem) };
  }
}

function toolsText(tools: readonly Tool[], columns: number | undefined): string {
  const rows = tools.map((tool) => [
    tool.status === 'present' ? 'ok' : 'missing',
    tool.name,
    tool.status === 'present' ? tool.version : '-',
    tool.purpose,
    tool.status === 'present' ? tool.path : tool.problem,
  ]);
  const node = ['ok', 'node', process.versions.node, 'runs bake', process.execPath];
  const text = table([node, ...rows], { head: ['', 'TOOL', 'VERSION', 'NEEDED FOR', 'WHERE'], columns });
  return withHints(text, [undefined, ...tools.map(({ hint }) => hint)]);
}

/** Whole, however narrow the terminal is: what was found is an explanation. */
function checksText(checks: readonly HealthCheck[]): string {
  const rows = checks.map(({ status, name, detail }) => [status, name, detail]);
  const text = table(rows, { head: ['', 'CHECK', 'FOUND'] });
  return withHints(
    text,
    checks.map(({ hint }) => hint),
  );
}

/** Each hint under its row, on a line of its own and whole: it is to be typed. */
function withHints(text: string, hints: readonly (string | undefined)[]): string {
  const [head = '', ...lines] = text.split('\n');
  const told = lines.flatMap((line, index) => [line, ...(hints[index] === undefined ? [] : [`  → ${hints[index]}`])]);
  return [head, ...told].join('\n');
}
