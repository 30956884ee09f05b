import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTools } from '../../src/setup/ensure-tools.ts';
import type { Project } from './project.ts';

/** The Packer that this machine has. */
export async function realPacker(): Promise<string> {
  const path = (await ensureTools(['packer'])).get('packer');
  if (path === undefined) throw new Error('there is no Packer');
  return path;
}

/** The real Packer, each of whose calls is noted first. Returns the calls so far. */
export async function noteCalls(project: Project): Promise<() => Promise<readonly string[]>> {
  const log = join(project.root, 'packer-calls');
  await project.program('packer', `#!/bin/sh\necho "$*" >>'${log}'\nexec '${await realPacker()}' "$@"\n`);
  return async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
}

/** The real Packer, which sees EC2 through another endpoint than `bake` itself does. Returns the pid of its build. */
export async function packerBehind(project: Project, endpoint: string): Promise<() => Promise<number>> {
  const real = await realPacker();
  const pid = join(project.root, 'packer-pid');
  const build = `echo $$ >'${pid}'; exec '${real}' build "$2" "$3" "$4" -var 'endpoint=${endpoint}' .`;
  await project.program('packer', `#!/bin/sh\n[ "$1" = build ] || exec '${real}' "$@"\n${build}\n`);
  return async () => Number(await readFile(pid, 'utf8'));
}

/** The real Packer. Returns what ends those of its builds that go on, although their `bake` is gone. */
export async function endableBuilds(project: Project): Promise<() => Promise<void>> {
  const pids = join(project.root, 'packer-pids');
  await project.program('packer', `#!/bin/sh\necho $$ >>'${pids}'\nexec '${await realPacker()}' "$@"\n`);
  return async () => {
    for (const pid of (await readFile(pids, 'utf8')).trim().split('\n')) {
      // Of one that has ended the number may be somebody else's by now.
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      // Each is of a group of its own.
      if (cwd.startsWith(project.root)) process.kill(-Number(pid), 'SIGKILL');
    }
    await rm(pids);
  };
}

/** Not Packer: answers as one when asked for its version, and builds with a few lines of shell. */
export function fakePacker(project: Project, build: string): Promise<void> {
  return project.program(
    'packer',
    `#!/bin/sh\n[ "$1" = version ] && exec echo '1700000000,,version,1.6.6'\n${build}\n`,
  );
}
