import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ec2Client, ssmClient } from '../aws/clients.ts';
import { createSourceAmis } from '../aws/source-amis.ts';
import { loadConfig } from '../config/load.ts';
import { formatLock, LOCK_FILE, parseLock, readLockText, writeLock } from '../config/lock.ts';
import { usage } from '../model/errors.ts';
import { diffLocks, type PinChange } from '../plan/source-lock.ts';
import { table } from '../report/table.ts';
import { unifiedDiff } from '../report/unified-diff.ts';
import { resolveSourceAmis } from '../run/source-amis.ts';
import { connect, wantsSandbox } from './connect.ts';
import { placeInCheckout } from './git.ts';
import { type CommandIo, type CommonOptions, columnsOf, configOption, print, printJson } from './io.ts';
import { orAborted } from './or-aborted.ts';
import { selectImages } from './selection.ts';

export interface UpdateOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly diff?: boolean;
  readonly patch?: string;
  readonly exitCode?: boolean;
}

/** With `--exit-code`: neither done, which is 0, nor failed. */
const MOVED = 4;

/** `bake update [image…]`: looks the source AMIs up again, pins the newest, prints what changed. */
export async function update(names: readonly string[], options: UpdateOptions, io: CommandIo): Promise<number> {
  const config = await loadConfig(configOption(options, io));
  const images = selectImages(config, names, 'base');
  // Before one is started for it.
  if (wantsSandbox(options, io)) {
    throw usage('the sandbox pins no source AMIs: it always has the one of this machine', 'Leave out --sandbox.');
  }
  const file = join(config.root, LOCK_FILE);
  const text = await readLockText(file);
  const before = parseLock(text, file);
  const { connection } = await connect(config, options, io, () => {});
  const sourceAmis = createSourceAmis(ec2Client(connection), ssmClient(connection), connection);
  const request = { images, region: config.region, lock: before, mode: 'update', now: new Date() } as const;
  const { lock } = await orAborted(io.signal, resolveSourceAmis(request, sourceAmis));
  const changes = diffLocks(before, lock);
  const path = `${await placeInCheckout(config.root)}${LOCK_FILE}`;
  const patch = unifiedDiff({ path, before: text, after: formatLock(lock) });
  if (options.patch !== undefined) await writeFile(resolve(io.cwd, options.patch), patch);
  if (!options.dryRun) await writeLock(file, lock);

  const written = !options.dryRun && patch !== '';
  if (options.json) printJson(io, { version: 1, file, written, changes, ...(options.diff ? { patch } : {}) });
  else if (options.diff) io.stdout.write(patch);
  else if (changes.length === 0) print(io, `${LOCK_FILE} names the newest source AMIs already`);
  else print(io, table(changes.map(row), { head: ['SOURCE', 'REGION', 'ARCH', 'FROM', 'TO'], columns: columnsOf(io) }));
  return options.exitCode && patch !== '' ? MOVED : 0;
}

function row({ source, region, architecture, from, to }: PinChange): string[] {
  const text = (ami: PinChange['to']) => (ami === undefined ? '-' : `${ami.imageId} ${ami.name}`);
  return [source, region, architecture, text(from), text(to)];
}
