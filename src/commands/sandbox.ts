import { rm } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../model/image.ts';
import { formatBytes } from '../report/bytes.ts';
import { formatDuration } from '../report/duration.ts';
import { table } from '../report/table.ts';
import {
  type SandboxStatus,
  sandboxDown,
  sandboxReset,
  sandboxStatus,
  sandboxUp,
  wantedSources,
} from '../sandbox/sandbox.ts';
import { sandboxDir } from '../sandbox/server-info.ts';
import { acting } from './acting.ts';
import { confirm } from './confirm.ts';
import { type CommandIo, type CommonOptions, columnsOf, configOption, print, printJson } from './io.ts';
import { setupEvents } from './setup-events.ts';
import { sandboxRecords } from './state-folder.ts';

export interface SandboxOptions extends CommonOptions {
  /** Absent: as it was started last. */
  readonly machines?: boolean;
  readonly yes?: boolean;
}

/** `bake sandbox up | down | status | reset`: the project's own, found by the configuration's project name. */
export async function sandbox(
  verb: 'up' | 'down' | 'status' | 'reset',
  options: SandboxOptions,
  io: CommandIo,
): Promise<number> {
  const config = await loadConfig(configOption(options, io));
  const { project } = config;
  switch (verb) {
    case 'up':
      return up(config, options, io);
    case 'down': {
      const wasUp = await sandboxDown({ project, signal: io.signal });
      if (options.json) printJson(io, { version: 1, project, wasUp });
      else io.stderr.write(wasUp ? 'The sandbox is down; its images are kept.\n' : 'The sandbox was not up.\n');
      return 0;
    }
    case 'status':
      return status(project, options, io);
    case 'reset':
      await confirm(`Remove all images and machines of the sandbox of ${project}?`, options, io);
      await sandboxReset({ project, signal: io.signal });
      await rm(sandboxRecords(sandboxDir(project)), { recursive: true, force: true });
      if (options.json) printJson(io, { version: 1, project, reset: true });
      else io.stderr.write(`The sandbox of ${project} is as new.\n`);
      return 0;
  }
}

async function up(config: Config, options: SandboxOptions, io: CommandIo): Promise<number> {
  const { project } = config;
  const { exitCode } = await acting(options, io, async ({ emit }) => {
    await sandboxUp({
      project,
      sources: wantedSources(config),
      onStep: setupEvents(emit),
      signal: io.signal,
      ...(options.machines === undefined ? {} : { machines: options.machines ? 'qemu' : 'none' }),
    });
    return new Map();
  });
  if (exitCode !== 0 || options.json) return exitCode;
  return status(project, options, io);
}

async function status(project: string, options: CommonOptions, io: CommandIo): Promise<number> {
  const found = await sandboxStatus({ project, signal: io.signal });
  if (options.json) printJson(io, { version: 1, project, up: found !== undefined, ...found });
  else if (found === undefined) print(io, 'down: bake sandbox up starts it');
  else print(io, statusText(found, columnsOf(io)));
  return 0;
}

function statusText(found: SandboxStatus, columns: number | undefined): string {
  const facts = [
    ['endpoint', found.endpoint],
    ['up since', `${found.startedAt} (${formatDuration(found.uptimeSeconds)})`],
    ['machines', found.machines === 'none' ? 'none: the API only' : `QEMU by ${found.accelerator}`],
    ['disks', `${formatBytes(found.disksBytes)} in ${found.stateDir}`],
    ['log', found.log],
  ];
  const living = found.instances.filter(({ state }) => state !== 'terminated');
  if (living.length === 0) return table(facts, { columns });
  const rows = living.map(({ instanceId, region, state, address, sshPort, imageId }) => [
    instanceId,
    region,
    state,
    address === null ? '-' : `${address}:${sshPort}`,
    imageId,
  ]);
  const head = ['INSTANCE', 'REGION', 'STATE', 'SSH', 'AMI'];
  return `${table(facts, { columns })}\n\n${table(rows, { head, columns })}`;
}
