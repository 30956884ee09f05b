// Acquires a lease as bake does, and says `held` or the code of the error; it is released when stdin ends.
import { once } from 'node:events';
import { createJiti } from 'jiti';

const { endpoint, run, life, wait, processes, alive } = JSON.parse(process.argv[2]);
const source = createJiti(import.meta.url);
const { createRegionBucket } = await source.import('../../src/aws/region-bucket.ts');
const { createLeases } = await source.import('../../src/run/state/leases.ts');
const { systemClock } = await source.import('../../src/commands/clock.ts');

const of = { target: { account: '123456789012', region: 'us-east-1' }, bucket: 'leases' };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const bucket = createRegionBucket({ region: 'us-east-1', endpoint, credentials }, { ...of, tags: {} });
const owner = { run, host: 'here', user: 'alice', pid: process.pid, ...(processes ? { processes } : {}) };
const leases = createLeases({
  place: { project: 'acme', of, prefix: '', bucket },
  owner,
  processes: { here: processes, isAlive: () => alive },
  clock: systemClock,
  life,
});
try {
  const lease = await leases.acquire('prod', 'api', { wait, signal: new AbortController().signal });
  lease.signal.addEventListener('abort', () => process.stdout.write('lost\n'));
  process.stdout.write('held\n');
  process.stdin.resume();
  await once(process.stdin, 'end');
  await lease.release();
  process.stdout.write('released\n');
} catch (error) {
  process.stdout.write(`${error.code ?? error}\n`);
}
process.exit();
