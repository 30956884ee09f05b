import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { openLeases } from '../../src/commands/open-leases.ts';
import type { AccountId, ChannelName } from '../../src/model/ids.ts';
import { imageName, PROJECT, REGION, RUN } from '../helpers/builders.ts';
import { FakeBucket } from '../helpers/fake-bucket.ts';

const KEY = 'leases/prod/api.json';

test('names this process, and does not wait for one of this machine that is gone', async () => {
  const bucket = new FakeBucket();
  const of = { target: { account: '111122223333' as AccountId, region: REGION }, bucket: 'acme-state' };
  const leases = openLeases({ project: PROJECT, of, prefix: '', bucket: bucket.effects }, RUN);
  const { signal } = new AbortController();
  const acquire = () => leases.acquire('prod' as ChannelName, imageName('api'), { signal });

  const lease = await acquire();
  const file = bucket.json(KEY) as { readonly owner: object };
  expect(file.owner).toMatchObject({ run: RUN, host: hostname(), pid: process.pid, user: expect.any(String) });
  await lease.release();

  const write = (owner: object) => bucket.put({ key: KEY, content: Buffer.from(JSON.stringify({ ...file, owner })) });
  const { pid } = spawnSync(process.execPath, ['--version']);
  write({ ...file.owner, pid: process.ppid });
  await expect(acquire()).rejects.toMatchObject({ code: 'lease-held' });
  write({ ...file.owner, pid, processes: 'another boot' });
  await expect(acquire()).rejects.toMatchObject({ code: 'lease-held' });
  write({ ...file.owner, pid });
  await (await acquire()).release();
});
