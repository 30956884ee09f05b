// Acquires a lease as the built bake does, and says `held` or the code of the error; it is released when stdin ends.
import { once } from 'node:events';

const { dist, endpoint, run, life, wait, processes, alive } = JSON.parse(process.argv[2]);
const { createRegionBucket } = await import(`${dist}/aws/region-bucket.js`);
const { createLeases } = await import(`${dist}/run/state/leases.js`);
const { systemClock } = await import(`${dist}/commands/clock.js`);

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
