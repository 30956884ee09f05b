// `npm run demo`: two images baked, listed and cleared away on this computer alone. Needs Node and npm; the rest is
// installed on the first run. A second run finds everything there and bakes nothing.
// `npm run demo:full` goes on: what api's instances load is published; api is tried, promoted to three regions and a second
// account, tried again through the pointer of another region, promoted once more and rolled back.
import { spawnSync } from 'node:child_process';
import { bootstrap, cli, interruption, root, run, say, stepTimer } from './bootstrap.mjs';

const timer = stepTimer();
const signal = interruption();

const isUp = () => {
  const { stdout } = spawnSync(process.execPath, [cli, 'sandbox', 'status', '--json'], { cwd: root, encoding: 'utf8' });
  return JSON.parse(stdout).up;
};

const bake = (title, ...args) => timer.step(title, () => run(process.execPath, [cli, ...args], { signal }));

const STEPS = [
  ['sandbox up', 'sandbox', 'up'],
  ['bake base', 'base', '--sandbox'],
  ['bake service api', 'service', 'api', '--sandbox'],
  ['list', 'list', '--sandbox'],
];

const FULL = [
  ...STEPS,
  ['region-config push', 'region-config', 'push', 'api', '--create-buckets', '--yes', '--sandbox'],
  ['try api where it was baked', 'try', 'api', '--sandbox'],
  ['promote to staging', 'promote', 'api', '--to', 'staging', '--yes', '--sandbox'],
  ['promote to prod', 'promote', 'api', '--to', 'prod', '--yes', '--sandbox'],
  ['try what prod points at', 'try', 'api', '--region', 'eu-west-1', '--promoted', 'prod', '--sandbox'],
  ['a second version', 'service', 'api', '--force', '--sandbox'],
  ['promote it to staging', 'promote', 'api', '--to', 'staging', '--yes', '--sandbox'],
  ['promote it to prod', 'promote', 'api', '--to', 'prod', '--yes', '--sandbox'],
  ['verify prod', 'verify', 'api', '--channel', 'prod', '--sandbox'],
  ['roll prod back', 'rollback', 'api', '--channel', 'prod', '--yes', '--sandbox'],
  ['history', 'history', 'api', '--sandbox'],
];

/** Returns the exit code of the first command that failed, or 0. */
async function show() {
  for (const [title, ...args] of process.argv.includes('--full') ? FULL : STEPS) {
    const code = await bake(title, ...args);
    if (signal.aborted) return 130;
    if (code !== 0) return code;
  }
  return 0;
}

async function main() {
  await bootstrap(timer, signal);
  const wasUp = isUp();
  try {
    return await show();
  } finally {
    // Not with the signal of the others: it is what cleans up after them.
    if (!wasUp) await timer.step('sandbox down', () => run(process.execPath, [cli, 'sandbox', 'down']));
    say(`\n${timer.table()}`);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  say(signal.aborted ? `stopped by ${signal.reason}` : `demo: ${error.message}`);
  process.exitCode = signal.aborted ? 130 : 1;
}
