import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BakeEvent } from '../../src/model/events.ts';
import type { CloneId, LayerName } from '../../src/model/ids.ts';
import { createMask } from '../../src/report/mask.ts';
import { createReporter } from '../../src/report/reporter.ts';
import { finished, output, PUBLISHING, plan, SCRIPT, stageStarted, step } from './events.ts';
import { FakePipe, FakeTerminal } from './fake-terminal.ts';

const clock = () => new Date('2026-11-20T14:03:22.500Z');
const mask = createMask(['hunter2secret']);

async function run(mode: 'live' | 'line' | 'json', events: readonly BakeEvent[], columns = 80) {
  const stdout = new FakePipe();
  const stderr = new FakeTerminal(columns);
  const reporter = createReporter({ mode, stdout, stderr, color: false, mask, clock });
  for (const event of events) reporter.emit(event);
  await reporter.close();
  return { stdout: stdout.written, stderr: stderr.written, screen: stderr.screen() };
}

describe('line', () => {
  test('prints each event on a line, a failure with its details', async () => {
    const { stdout, stderr } = await run('line', SCRIPT);
    expect(stdout).toBe('');
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.replace('14:03:22 ', '')),
    ).toEqual([
      'bake all: run 20261120T140320-3f2a91, logs in .bake/runs/20261120T140320-3f2a91',
      'emulator started',
      'emulator | installing moto',
      'emulator done in 1.4s: http://127.0.0.1:4566',
      'plan: 2 to bake, 1 to reuse',
      'warning: no state bucket',
      '  → bake state init',
      '[1/3] base/x86_64 reused 2026.11.20.1 ami-0123456789abcdef0',
      'api/x86_64 baking: never baked',
      'api/x86_64 version 2026.11.20.1',
      'api/x86_64 layer api: 10-service.sh',
      'api/x86_64 | Setting up nginx',
      'api/x86_64 |',
      'api/x86_64 | the password is ***',
      'api/x86_64 layer api: 10-service.sh: done in 12s',
      '[2/3] api/x86_64 done in 1m 24s: 2026.11.20.1 ami-0123456789abcdef0',
      'worker/x86_64 baking: layer/worker/files/etc/motd and 1 more changed since 2026.11.20.1',
      'worker/x86_64 removed instance i-0abc',
      '[3/3] worker/x86_64 failed after 1m 1s: layer worker: 10-service.sh exited with 1',
      '  worker.service:7: Unknown key',
      '  exit status 1',
      '  → bake try worker',
      'failed: 1 done, 1 reused, 1 failed',
    ]);
  });

  test('says what a shell is on, and how long each layer took', async () => {
    const id = 'api/x86_64#1' as CloneId;
    const layers = [{ layer: 'nginx' as LayerName, seconds: 2.913 }];
    const { stderr } = await run('line', [
      { type: 'shell-started', id, on: 'base 2026.11.20.1', reused: false },
      { type: 'shell-started', id, on: 'base 2026.11.20.1', reused: true },
      { type: 'shell-ready', id, instanceId: 'i-1', login: 'ssh', layers, seconds: 41.2 },
    ]);
    expect(stderr.trimEnd().replaceAll('14:03:22 ', '').split('\n')).toEqual([
      'api/x86_64#1 a machine on base 2026.11.20.1',
      'api/x86_64#1 the machine that is there, on base 2026.11.20.1',
      'api/x86_64#1 ready after 41s; layer nginx ran in 2.9s',
    ]);
  });

  test('prints the error of a run that no bake has told', async () => {
    const error = { code: 'declined', message: 'no to 2 images', blame: 'user' } as const;
    const { stderr } = await run('line', [{ type: 'result', ok: false, exitCode: 3, outcomes: {}, error }]);
    expect(stderr).toBe('14:03:22 Error: no to 2 images\n');
  });
});

describe('publishing', () => {
  const difference = [
    'a/us-east-1 s3://acme-us/api, serial 6: 1 value, 1 object',
    '  ~ log: "info" → "debug"',
    '  ~ values.json (changed, 14 → 15 bytes)',
  ];

  test('is told line by line, the difference first', async () => {
    const { stderr } = await run('line', PUBLISHING);
    expect(stderr.trimEnd().replaceAll('14:03:22 ', '').split('\n')).toEqual([
      ...difference,
      'a/eu-west-1 failed after 0s: there is no bucket acme-eu',
      '  → add --create-buckets',
      'a/us-east-1 started',
      'a/us-east-1 set versioning of bucket acme-us',
      'a/us-east-1 wrote values.json, 15 bytes',
      'a/us-east-1 published serial 7 in 0.4s',
      'failed: 1 published, 1 failed',
    ]);
  });

  test('leaves a row for each place', async () => {
    const { screen } = await run('live', PUBLISHING);
    expect(screen).toEqual([
      ...difference,
      '✗ a/eu-west-1 failed after 0s: there is no bucket acme-eu',
      'a/eu-west-1: there is no bucket acme-eu',
      '  → add --create-buckets',
      '✓ a/us-east-1 published serial 7 in 0.4s',
      '',
    ]);
  });

  test('shows the difference before a question about it is asked', async () => {
    const stderr = new FakeTerminal(80);
    const reporter = createReporter({ mode: 'live', stdout: new FakePipe(), stderr, color: false, mask, clock });
    for (const event of PUBLISHING.slice(0, 2)) reporter.emit(event);
    await reporter.shown();
    expect(stderr.screen()).toEqual(expect.arrayContaining([...difference, '  → add --create-buckets']));
    await reporter.close();
  });
});

describe('json', () => {
  test('prints each event as a line of JSON on stdout, with version and time', async () => {
    const { stdout, stderr } = await run('json', SCRIPT);
    expect(stderr).toBe('');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.type)).toEqual(SCRIPT.map((event) => event.type));
    expect(stdout.split('\n')[1]).toBe(
      '{"v":1,"at":"2026-11-20T14:03:22.500Z","type":"setup-started","step":"emulator"}',
    );
    expect(stdout).toContain('"line":"Setting up nginx"');
    expect(stdout).toContain('"line":"the password is ***"');
  });
});

describe('live', () => {
  test('leaves a settled row for each image and set-up step, with warnings and errors below', async () => {
    expect((await run('live', SCRIPT)).screen).toEqual([
      '✓ emulator done in 1.4s: http://127.0.0.1:4566',
      '✓ base/x86_64   reused 2026.11.20.1 ami-0123456789abcdef0',
      '✓ api/x86_64    done in 1m 24s: 2026.11.20.1 ami-0123456789abcdef0',
      '✗ worker/x86_64 failed after 1m 1s: layer worker: 10-service.sh exited with 1',
      'Warning: no state bucket',
      '  → bake state init',
      'worker/x86_64: layer worker: 10-service.sh exited with 1',
      '  worker.service:7: Unknown key',
      '  exit status 1',
      '  → bake try worker',
      'Logs: .bake/runs/20261120T140320-3f2a91',
      '',
    ]);
  });

  test('never draws a line wider than the terminal', async () => {
    const { screen } = await run('live', SCRIPT.slice(0, -2), 40);
    expect(screen).toContain('✓ base/x86_64   reused 2026.11.20.1 a…');
    expect(screen).toContain('- worker/x86_64 not finished');
  });

  test('says of rows that are open at the end how far they came', async () => {
    const events = [plan(step('api/x86_64', 'bake'), step('worker/x86_64', 'bake')), SCRIPT[7], SCRIPT[9]];
    const { screen } = await run(
      'live',
      events.filter((event) => event !== undefined),
    );
    expect(screen).toEqual([
      '- api/x86_64    not finished: layer api: 10-service.sh',
      '- worker/x86_64 not started',
      '',
    ]);
  });

  test('ignores what comes after a row has settled', async () => {
    const late = [output('api/x86_64', 'late'), stageStarted('api/x86_64', { name: 'stop' })];
    const { screen } = await run('live', [
      plan(step('api/x86_64', 'reuse')),
      finished('api/x86_64', { status: 'cancelled', because: 'base was not baked' }),
      ...late,
    ]);
    expect(screen).toEqual(['- api/x86_64 cancelled: base was not baked', '']);
  });

  test('leaves the handling of Ctrl-C to the program', async () => {
    const before = process.listeners('SIGINT');
    const reporter = createReporter({
      mode: 'live',
      stdout: new FakePipe(),
      stderr: new FakeTerminal(80),
      color: false,
      mask,
    });
    for (const event of SCRIPT.slice(0, 9)) reporter.emit(event);
    expect(process.listeners('SIGINT')).toEqual(before);
    await reporter.close();
  });

  test('colours nothing without color', async () => {
    const { stderr } = await run('live', SCRIPT);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
    expect(stderr).not.toMatch(/\u001b\[\d+m/);
  });
});

describe('any mode', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  const id = fc.constantFrom('base/x86_64' as const, 'api/x86_64' as const, 'api/arm64' as const);
  const seconds = fc.double();
  const event: fc.Arbitrary<BakeEvent> = fc.oneof(
    fc.constantFrom(...SCRIPT),
    fc.record({ type: fc.constant('output' as const), id, line: text }),
    fc.record({ type: fc.constant('removed' as const), id, what: text }),
    fc.record({ type: fc.constant('setup-started' as const), step: text }),
    fc.record({ type: fc.constant('setup-output' as const), step: text, line: text }),
    fc.record({ type: fc.constant('setup-finished' as const), step: text, seconds, detail: text }),
    fc.record({
      type: fc.constant('stage-started' as const),
      id,
      stage: fc.record({ name: fc.constant('layer' as const), layer: text, script: text }),
    }),
    fc.record({
      type: fc.constant('bake-finished' as const),
      id,
      seconds,
      outcome: fc.record({ status: fc.constant('cancelled' as const), because: text }),
    }),
  );

  test.each(['live', 'line', 'json'] as const)('%s shows whatever comes, in whatever order', async (mode) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 30 }),
        fc.integer({ min: 1, max: 200 }),
        async (events, columns) => {
          const { stderr } = await run(mode, events, columns);
          expect(stderr).not.toContain('an event could not be shown');
        },
      ),
      { numRuns: 60 },
    );
  });

  test('says at the end that an event could not be shown, and goes on', async () => {
    const { stderr } = await run('line', [{ type: 'output' } as unknown as BakeEvent, ...SCRIPT.slice(0, 2)]);
    expect(stderr).toContain('emulator started');
    expect(stderr).toContain('bake: an event could not be shown: TypeError');
  });
});
