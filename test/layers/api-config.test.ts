import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { packageFile } from '../../src/setup/paths.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { until } from '../helpers/sandbox-server.ts';

/** The example's service as systemd starts it, but for where it reads. */
const START = `
import os, socket, sys
folder, program = sys.argv[1:]
sys.path.insert(0, program)
listener = socket.socket(socket.AF_UNIX)
listener.bind(folder + "/api.sock")
listener.listen()
os.dup2(listener.fileno(), 3)
import region_config, server
read = region_config.read
region_config.read = lambda: read(folder + "/values.json")
server.main()
`;

function start(folder: string): ChildProcess {
  const env = { STATE_DIRECTORY: folder, API_MAX_FLAGS: '10', API_WORKERS: '2' };
  const args = ['-B', '-c', START, folder, packageFile('layers/api/files/usr/local/lib/api')];
  return spawn('python3', args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
}

async function config(folder: string): Promise<unknown> {
  const asking = request({ socketPath: join(folder, 'api.sock'), path: '/v1/config', agent: false });
  asking.end();
  const [answer] = await once(asking, 'response');
  return JSON.parse((await buffer(answer)).toString());
}

const PUBLIC = {
  database: { host: 'db.eu', port: 5432, name: 'flags' },
  cache: { host: 'cache.eu', port: 6379, ttlSeconds: 30 },
  flags: { darkMode: true },
  log: { level: 'debug' },
};
const VALUES = { ...PUBLIC, database: { ...PUBLIC.database, password: 'secretsmanager:api/db' }, other: 1 };
const SERVED = { loaded: true, ...PUBLIC };

it('serves what is baked, then what is loaded, without its secrets, and keeps it when the file is broken', async () => {
  await using folder = await temporaryFolder();
  const service = start(folder.path);
  let log = '';
  service.stderr?.on('data', (data: Buffer) => {
    log += data.toString();
  });
  try {
    const baked = await until(() => config(folder.path).catch(() => undefined), 20_000);
    expect(baked).toEqual({ loaded: false, database: null, cache: null, flags: {}, log: { level: 'info' } });

    await writeFile(join(folder.path, 'values.json'), JSON.stringify(VALUES));
    service.kill('SIGHUP');
    await until(async () => JSON.stringify(await config(folder.path)) === JSON.stringify(SERVED), 20_000);

    await writeFile(join(folder.path, 'values.json'), '{');
    service.kill('SIGHUP');
    await until(async () => log.includes('the config is kept as it was'), 20_000);
    expect(await config(folder.path)).toEqual(SERVED);
    expect(service.exitCode).toBeNull();
  } finally {
    service.kill();
    await once(service, 'exit');
  }
});
