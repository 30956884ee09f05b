import { expect, test } from 'vitest';
import type { BakeEvent } from '../../src/model/events.ts';
import type { NodeId } from '../../src/model/ids.ts';
import { createMask } from '../../src/report/mask.ts';
import { createReporter } from '../../src/report/reporter.ts';
import { failed, finished, output, plan, SCRIPT, step } from './events.ts';
import { FakePipe } from './fake-terminal.ts';

async function run(mode: 'line' | 'json', events: readonly BakeEvent[], github = true) {
  const [stdout, stderr] = [new FakePipe(), new FakePipe()];
  const clock = () => new Date('2026-11-20T14:03:22.500Z');
  const reporter = createReporter({
    mode,
    stdout,
    stderr,
    color: false,
    mask: createMask(['hunter2secret']),
    clock,
    github,
  });
  for (const event of events) reporter.emit(event);
  await reporter.close();
  return { stdout: stdout.written, stderr: stderr.written };
}

const commands = (text: string) => text.split('\n').filter((line) => line.startsWith('::'));

test.each(['line', 'json'] as const)('%s: failures and warnings are annotations, on stderr', async (mode) => {
  const { stdout, stderr } = await run(mode, SCRIPT);
  expect(commands(stderr)).toEqual([
    '::warning title=bake::no state bucket%0A→ bake state init',
    '::error title=worker/x86_64 failed::layer worker: 10-service.sh exited with 1%0A→ bake try worker',
  ]);
  expect(commands(stdout)).toEqual([]);
});

test('elsewhere there are none', async () => {
  expect(commands((await run('line', SCRIPT, false)).stderr)).toEqual([]);
  expect((await run('json', SCRIPT, false)).stderr).toBe('');
});

test('signs that GitHub reads are escaped, and secrets are masked', async () => {
  const message = '100 %: a, b\r\n::error::hunter2secret';
  const error = { code: 'x', message, blame: 'user' } as const;
  const title = 'a:b,c%/x86_64' as NodeId;
  const { stderr } = await run('json', [finished(title, { status: 'failed', error })]);
  expect(stderr).toBe('::error title=a%3Ab%2Cc%25/x86_64 failed::100 %25: a, b%0D%0A::error::***\n');
});

test('the error of the run is told once', async () => {
  const result = (message: string): BakeEvent => ({
    type: 'result',
    ok: false,
    exitCode: 1,
    outcomes: {},
    error: { code: 'x', message, blame: 'user' },
  });
  const told = failed.status === 'failed' ? failed.error.message : '';
  expect(commands((await run('json', [finished('api/x86_64', failed), result(told)])).stderr)).toHaveLength(1);
  expect(commands((await run('json', [result('no plan')])).stderr)).toEqual(['::error title=bake failed::no plan']);
});

test.each([
  [10, '::error title=image-9/x86_64 failed::'],
  [12, '::error title=3 more::See the log of this step.'],
])('of %i failures GitHub gets ten annotations, which is what it shows', async (count, tenth) => {
  const ids = Array.from({ length: count }, (_, n) => `image-${n}/x86_64` as const);
  const { stderr } = await run('json', [
    plan(...ids.map((id) => step(id, 'bake'))),
    ...ids.map((id) => finished(id, failed)),
    { type: 'result', ok: false, exitCode: 1, outcomes: {} },
  ]);
  expect(commands(stderr)).toHaveLength(10);
  expect(commands(stderr)[9]).toContain(tenth);
});

test('what a builder prints is no command', async () => {
  const events = [output('api/x86_64', '##[error]no, not this'), output('api/x86_64', '::stop-commands::x')];
  const { stderr } = await run('line', events);
  expect(stderr).toBe('14:03:22 api/x86_64 | ## [error]no, not this\n14:03:22 api/x86_64 | ::stop-commands::x\n');
  const { stdout } = await run('json', events);
  expect(stdout).not.toContain('##[');
  expect(JSON.parse(stdout.split('\n')[0] ?? '').line).toBe('##[error]no, not this');
});
