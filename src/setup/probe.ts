import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { cachedPackerFolder } from './packer-cache.ts';
import { TOOL_NAMES, TOOLS, type Tool, type ToolName } from './tools.ts';

/** A tool as it was found, or not, on this machine. */
export type ToolRow =
  | {
      readonly name: ToolName;
      readonly purpose: string;
      readonly status: 'present';
      readonly path: string;
      readonly version: string;
    }
  | { readonly name: ToolName; readonly purpose: string; readonly status: 'missing'; readonly problem: string };

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Folders to look in; default: those of PATH, those of the system's own tools, and bake's cache. */
  readonly folders?: readonly string[];
}

/** A tool that takes longer to tell its version is not used. */
const LIMIT = 10_000;

/** Looks for the tools and asks each for its version. Changes nothing, and never throws for a tool that is not there. */
export async function probeTools(
  names: readonly ToolName[] = TOOL_NAMES,
  { signal, folders = searchPath() }: ProbeOptions = {},
): Promise<readonly ToolRow[]> {
  return Promise.all(names.map((name) => probe(name, folders, signal)));
}

/** mke2fs and debugfs are in /sbin, which is on the PATH of root only. */
export const searchPath = (): readonly string[] => [
  ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
  '/usr/sbin',
  '/sbin',
  '/opt/homebrew/opt/e2fsprogs/sbin',
  '/usr/local/opt/e2fsprogs/sbin',
  cachedPackerFolder(),
];

async function probe(name: ToolName, folders: readonly string[], signal?: AbortSignal): Promise<ToolRow> {
  const tool: Tool = TOOLS[name];
  const missing = (problem: string): ToolRow => ({ name, purpose: tool.purpose, status: 'missing', problem });
  if (tool.alsoNeeds !== undefined && !(await exists(tool.alsoNeeds))) return missing(`${tool.alsoNeeds} is not there`);
  const paths = await candidates(tool.executables, folders);
  for (const path of paths) {
    const version = await versionOf(path, tool, signal);
    if (version !== undefined) return { name, purpose: tool.purpose, status: 'present', path, version };
  }
  return missing(
    paths.length === 0
      ? 'not found'
      : `${paths.join(', ')} does not answer \`${tool.check.args.join(' ')}\` as it should`,
  );
}

async function versionOf(path: string, tool: Tool, signal?: AbortSignal): Promise<string | undefined> {
  const { all = '' } = await execa(path, tool.check.args, {
    reject: false,
    stdin: 'ignore',
    all: true,
    timeout: LIMIT,
    forceKillAfterDelay: 500,
    env: { CHECKPOINT_DISABLE: '1', ...(tool.check.inOwnLocale ? {} : { LC_ALL: 'C' }) },
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  return tool.check.answer.exec(all)?.[1];
}

async function candidates(names: readonly string[], folders: readonly string[]): Promise<readonly string[]> {
  const paths = names.flatMap((name) => [...new Set(folders)].map((folder) => join(folder, name)));
  const executable = await Promise.all(paths.map(isExecutable));
  return paths.filter((_, index) => executable[index]);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
