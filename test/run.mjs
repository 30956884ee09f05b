// `npm test`: makes the clone and this machine ready, then runs the groups of vitest.config.ts one after the other.
// usage: node test/run.mjs [unit|emulator|machines|exhaustive|faults ...]     the last line is the sum: `412 passed, 0 failed`
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, interruption, root, run, say, stepTimer } from '../src/bootstrap.mjs';

const GROUPS = ['unit', 'emulator', 'machines'];

const timer = stepTimer();
const signal = interruption();
const wanted = process.argv.length > 2 ? process.argv.slice(2) : GROUPS;

const print = (line) => process.stdout.write(`${line}\n`);

/** Tools, Python packages and machine image: installed before the tests, whose time limits are not meant for that. */
async function prepareMachine() {
  const machines = wanted.some((group) => group === 'machines' || group === 'exhaustive') ? 'qemu' : 'none';
  const { prepareSandbox } = await import('../dist/sandbox/prepare.js');
  const { ensureTools } = await import('../dist/setup/ensure-tools.js');
  // Nobody but who uses them needs these: tests of machines log in to them, and playbooks are run and checked.
  const tools = machines === 'qemu' ? ['ssh', 'ansible-playbook'] : ['ansible-playbook'];
  await timer.step(`install ${tools.join(', ')} where missing`, () => ensureTools(tools, { signal }));
  await timer.step('make this machine ready', () =>
    prepareSandbox(machines, {
      signal,
      onStep: (event) => {
        if (event.state === 'done' || event.state === 'failed')
          say(`  ${event.step}: ${event.state}, ${event.seconds} s`);
      },
    }),
  );
}

/** Runs one group. A file that cannot even be loaded has no tests, and counts as one that failed. */
async function runGroup(group, scratch) {
  const report = join(scratch, `${group}.json`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', '--project', group, ...reporters];
  const code = await timer.step(`tests: ${group}`, () => run(process.execPath, args, { signal }));
  const { passed, failed, skipped } = counts(report);
  return { group, passed, failed: Math.max(failed, code === 0 ? 0 : 1), skipped };
}

function counts(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

async function main() {
  await bootstrap(timer, signal);
  if (wanted.some((group) => group !== 'unit')) await prepareMachine();
  const scratch = mkdtempSync(join(tmpdir(), 'bake-test-'));
  const results = [];
  try {
    for (const group of wanted) {
      results.push(await runGroup(group, scratch));
      if (signal.aborted) break;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return results;
}

try {
  const results = await main();
  say(`\n${timer.table()}\n`);
  for (const { group, passed, failed, skipped } of results) {
    print(`${group.padEnd(9)} ${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  print(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = signal.aborted ? 130 : sum('failed') === 0 ? 0 : 1;
} catch (error) {
  for (const line of [error.message, ...(error.details ?? []), error.hint]) if (line) say(line);
  print('0 passed, 1 failed');
  process.exitCode = signal.aborted ? 130 : 1;
}
