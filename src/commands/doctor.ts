import { table } from '../report/table.ts';
import { probeTools, type ToolRow } from '../setup/probe.ts';
import { detectSystem, installHint } from '../setup/system.ts';
import { TOOL_NAMES } from '../setup/tools.ts';
import { type CommandIo, type CommonOptions, columnsOf, print, printJson } from './io.ts';

/** `bake doctor`: the tools that bake runs, what each is for, and what to type where one is missing. Exit 1 then. */
export async function doctor(options: CommonOptions, io: CommandIo): Promise<number> {
  const isRoot = process.getuid?.() === 0;
  const names = TOOL_NAMES.filter((name) => name !== 'newuidmap' || !isRoot);
  const [rows, system] = await Promise.all([probeTools(names, { signal: io.signal }), detectSystem()]);
  const tools = rows.map((row) => ({
    ...row,
    ...(row.status === 'missing' ? { hint: installHint(row.name, system) } : {}),
  }));
  const ok = rows.every(({ status }) => status === 'present');
  if (options.json) printJson(io, { version: 1, ok, node: process.version, tools });
  else print(io, doctorText(tools, columnsOf(io)));
  return ok ? 0 : 1;
}

function doctorText(tools: readonly (ToolRow & { hint?: string })[], columns: number | undefined): string {
  const rows = tools.map((tool) => [
    tool.status === 'present' ? 'ok' : 'missing',
    tool.name,
    tool.status === 'present' ? tool.version : '-',
    tool.purpose,
    tool.status === 'present' ? tool.path : (tool.hint ?? tool.problem),
  ]);
  const node = ['ok', 'node', process.versions.node, 'runs bake', process.execPath];
  return table([node, ...rows], { head: ['', 'TOOL', 'VERSION', 'NEEDED FOR', 'WHERE, OR WHAT TO TYPE'], columns });
}
