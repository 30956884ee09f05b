import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { BakeEvent } from '../../src/model/events.ts';
import type { BakeCost, ImageReport, RunFacts, RunReport } from '../../src/model/run-report.ts';
import { createCollector } from '../../src/report/run-collector.ts';
import { runJunit } from '../../src/report/run-junit.ts';
import { runReport } from '../../src/report/run-report.ts';
import { runSummary } from '../../src/report/run-summary.ts';
import { AMI, failed, finished, plan, runStarted, SCRIPT, stageStarted, step, VERSION } from './events.ts';

const START = Date.parse('2026-11-20T14:03:20.000Z');

const FACTS: RunFacts = {
  project: 'acme' as RunFacts['project'],
  region: 'us-east-1' as RunFacts['region'],
  levelOf: (image) => (image === 'base' ? 0 : 1),
  costOf: (_, __, { builderSeconds, made, instanceType }): BakeCost => ({
    instanceType: instanceType ?? (made ? 't3.small' : 'x9.odd'),
    builderSeconds,
    builderUsd: made ? 0.125 : null,
    snapshotGib: made ? 8 : null,
    sizeAssumed: made,
    storageUsdPerMonth: made ? 0.4 : 0,
    verified: false,
    asOf: made ? '2026-11-20' : null,
  }),
};

/** A second passes before each event. */
function report(events: readonly BakeEvent[], facts: RunFacts | undefined = FACTS): RunReport {
  let at = START;
  const { collected, take } = createCollector(() => new Date(at));
  for (const event of events) {
    at += 1000;
    take(event);
  }
  return runReport(collected, {
    tool: '0.2.0',
    command: 'bake all',
    startedAt: new Date(START),
    finishedAt: new Date(at),
    facts,
  });
}

const imageOf = (all: RunReport, id: string): ImageReport => {
  const found = all.images.find((image) => image.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

describe('a report', () => {
  const all = report(SCRIPT);

  test('has the run, its totals and its plan', () => {
    expect(all).toMatchObject({
      version: 1,
      tool: '0.2.0',
      project: 'acme',
      region: 'us-east-1',
      command: 'bake all',
      run: '20261120T140320-3f2a91',
      startedAt: '2026-11-20T14:03:20.000Z',
      seconds: SCRIPT.length,
      ok: false,
      exitCode: 1,
      totals: { done: 1, reused: 1, failed: 1, cancelled: 0, open: 0 },
      warnings: [{ code: 'no-state' }],
    });
    expect(all.plan?.steps.map(({ id }) => id)).toEqual(all.images.map(({ id }) => id));
  });

  test('has what became of each image, and what it took', () => {
    expect(imageOf(all, 'api/x86_64')).toEqual({
      id: 'api/x86_64',
      image: 'api',
      architecture: 'x86_64',
      level: 1,
      action: 'bake',
      reason: { why: 'never-baked' },
      outcome: { status: 'done', imageId: AMI, version: VERSION },
      version: VERSION,
      startedAt: '2026-11-20T14:03:28.000Z',
      seconds: 84,
      stages: [{ stage: { name: 'layer', layer: 'api', script: '10-service.sh' }, seconds: 12.3, finished: true }],
      warnings: [],
      removed: [],
      cost: FACTS.costOf('api' as never, 'x86_64', { builderSeconds: 12.3, instanceType: undefined, made: true }),
    });
    expect(imageOf(all, 'base/x86_64')).toMatchObject({ level: 0, action: 'reuse', version: VERSION, cost: null });
    expect(imageOf(all, 'worker/x86_64')).toMatchObject({ removed: ['instance i-0abc'], version: null });
  });

  test('counts the builder until it is stopped, also where a stage had no end', () => {
    const id = 'api/x86_64';
    const image = imageOf(
      report([
        plan(step(id, 'bake')),
        { type: 'bake-started', id, reason: { why: 'forced' } },
        { type: 'version-reserved', id, version: VERSION },
        { type: 'stage-finished', id, stage: { name: 'reserve' }, seconds: 100 },
        stageStarted(id, { name: 'launch' }),
        { type: 'stage-finished', id, stage: { name: 'launch' }, seconds: 20 },
        stageStarted(id, { name: 'connect' }),
        stageStarted(id, { name: 'clean-up' }),
        { type: 'stage-finished', id, stage: { name: 'clean-up' }, seconds: 200 },
        finished(id, failed),
      ]),
      id,
    );
    expect(image).toMatchObject({ reason: { why: 'forced' }, version: VERSION, cost: { builderSeconds: 21 } });
    expect(image.stages.map(({ stage, finished: ended }) => [stage.name, ended])).toEqual([
      ['reserve', true],
      ['launch', true],
      ['connect', false],
      ['clean-up', true],
    ]);
  });

  test('costs what the builder was that was launched in the end', () => {
    const id = 'api/x86_64';
    const because = 'InsufficientInstanceCapacity';
    const retried: BakeEvent = { type: 'bake-retried', id, attempt: 2, because, instanceType: 'm5.large' };
    const events = [plan(step(id, 'bake')), retried, stageStarted(id, { name: 'launch' }), finished(id, failed)];
    expect(imageOf(report(events), id).cost?.instanceType).toBe('m5.large');
  });

  test('adds costs up, and says what has no price', () => {
    const id = 'worker/x86_64';
    const failing: readonly BakeEvent[] = [stageStarted(id, { name: 'launch' }), finished(id, failed)];
    expect(report([...SCRIPT.slice(0, -2), ...failing]).cost).toEqual({
      builderSeconds: 13.3,
      builderUsd: 0.125,
      storageUsdPerMonth: 0.4,
      verified: false,
      asOf: '2026-11-20',
      withoutPrice: ['x9.odd'],
    });
  });

  test('of a run that ends before its plan says why', () => {
    const error = { code: 'config-invalid', message: 'no such file', blame: 'user' } as const;
    const { collected, take } = createCollector(() => new Date(START));
    take({ type: 'result', ok: false, exitCode: 2, outcomes: {}, error });
    const at = new Date(START);
    expect(
      runReport(collected, { tool: '1', command: 'bake all', startedAt: at, finishedAt: at, facts: undefined }),
    ).toMatchObject({ project: null, run: null, images: [], plan: null, cost: null, exitCode: 2, error });
  });

  test('follows an image that is planned again', () => {
    const id = 'api/x86_64';
    const again = report([plan(step(id, 'bake'), step('base/x86_64', 'bake')), plan(step(id, 'reuse'))]);
    expect(again.images.map(({ id: one, action }) => `${one} ${action}`)).toEqual([
      'api/x86_64 reuse',
      'base/x86_64 bake',
    ]);
    expect(again.totals.open).toBe(2);
  });
});

const CANCELLED: readonly BakeEvent[] = [
  runStarted,
  plan(step('base/x86_64', 'bake'), step('api/x86_64', 'bake'), step('worker/x86_64', 'reuse')),
  { type: 'warning', id: 'base/x86_64', warning: { code: 'odd', message: 'an <odd> | thing', hint: 'mend it' } },
  finished('base/x86_64', failed, 61.25),
  finished('api/x86_64', { status: 'cancelled', because: 'base/x86_64 was not baked' }, 0),
  { type: 'result', ok: false, exitCode: 1, outcomes: {} },
];

test('is JUnit XML, a suite for each level', () => {
  expect(runJunit(report(CANCELLED))).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="bake all">
      <testsuite name="level 0: base images" tests="1" failures="1" errors="0" skipped="0" timestamp="2026-11-20T14:03:20.000Z">
        <testcase classname="level 0: base images" name="base/x86_64" time="61.250">
          <properties>
            <property name="reason" value="never baked"/>
            <property name="outcome" value="failed"/>
          </properties>
          <failure message="layer worker: 10-service.sh exited with 1" type="script-failed">layer worker: 10-service.sh exited with 1
    worker.service:7: Unknown key
    exit status 1
    → bake try worker
    code: script-failed</failure>
          <system-out>warning: an &lt;odd&gt; | thing
    → mend it</system-out>
        </testcase>
      </testsuite>
      <testsuite name="level 1: service images" tests="2" failures="0" errors="0" skipped="2" timestamp="2026-11-20T14:03:20.000Z">
        <testcase classname="level 1: service images" name="api/x86_64" time="0.000">
          <properties>
            <property name="reason" value="never baked"/>
            <property name="outcome" value="cancelled"/>
          </properties>
          <skipped message="base/x86_64 was not baked"/>
        </testcase>
        <testcase classname="level 1: service images" name="worker/x86_64" time="0.000">
          <properties>
            <property name="outcome" value="not started"/>
          </properties>
          <skipped message="not started"/>
        </testcase>
      </testsuite>
    </testsuites>
    "
  `);
});

test('JUnit has a suite for the error of the run', () => {
  const error = { code: 'interrupted', message: 'stopped by SIGINT', blame: 'user' } as const;
  const xml = runJunit(report([{ type: 'result', ok: false, exitCode: 130, outcomes: {}, error }]));
  expect(xml).toContain('<testsuite name="run" tests="1" failures="1" errors="0" skipped="0"');
  expect(xml).toContain('<failure message="stopped by SIGINT" type="interrupted">');
});

test('is a summary in Markdown, what failed first', () => {
  expect(runSummary(report([...SCRIPT.slice(0, -1), ...CANCELLED.slice(2)]))).toMatchInlineSnapshot(`
    "### bake all: 2 failed, 1 cancelled

    run \`20261120T140320-3f2a91\` · 23s · builders about $0.00 without those of x9.odd, which have no price, snapshots at most $0.00 a month

    **base/x86&#95;64** layer worker: 10-service.sh exited with 1

    <pre>worker.service:7: Unknown key
    exit status 1</pre>

    → bake try worker

    **worker/x86&#95;64** layer worker: 10-service.sh exited with 1

    <pre>worker.service:7: Unknown key
    exit status 1</pre>

    → bake try worker

    | image | outcome | version | AMI | why | duration |
    |---|---|---|---|---|---|
    | base/x86&#95;64 | failed |  |  |  | 1m 1s |
    | worker/x86&#95;64 | failed |  |  | layer/worker/files/etc/motd and 1 more changed since 2026.11.20.1 | 1m 1s |
    | api/x86&#95;64 | cancelled | 2026.11.20.1 |  | base/x86&#95;64 was not baked |  |

    <details><summary>2 warnings</summary>

    - no state bucket → bake state init
    - base/x86&#95;64: an &#60;odd&#62; &#124; thing → mend it

    </details>
    "
  `);
});

test('a summary keeps Markdown and HTML out of what it quotes', () => {
  const error = { code: 'x', message: 'a | <b> `c`\n[d](e)', details: ['</pre><script>', 'x'], blame: 'user' } as const;
  const text = runSummary(
    report([plan(step('api/x86_64', 'bake')), finished('api/x86_64', { status: 'failed', error })]),
  );
  expect(text).toContain('**api/x86&#95;64** a &#124; &#60;b&#62; &#96;c&#96; &#91;d&#93;(e)\n');
  expect(text).toContain('<pre>&#60;/pre&#62;&#60;script&#62;\nx</pre>');
});

test('a summary fits into what GitHub shows, however much there is to say', () => {
  const ids = Array.from({ length: 1000 }, (_, n) => `image-${n}/x86_64` as const);
  const error = {
    code: 'x',
    message: '|'.repeat(5000),
    details: Array(40).fill('<'.repeat(2000)),
    blame: 'user',
  } as const;
  const text = runSummary(
    report([
      plan(...ids.map((id) => step(id, 'bake'))),
      ...ids.map((id) => finished(id, { status: 'failed', error })),
      ...ids.map((id): BakeEvent => ({ type: 'warning', id, warning: { code: 'x', message: '#'.repeat(5000) } })),
    ]),
  );
  expect(Buffer.byteLength(text)).toBeLessThan(2 ** 20);
  expect(text).toMatch(/… and \d+ more failures\n/);
  expect(text).toContain('1000 warnings');
});

test('docs/json.md has every field of a report', async () => {
  const page = await readFile(new URL('../../docs/json.md', import.meta.url), 'utf8');
  const section = page.split('\n## ').find((text) => text.startsWith('The report of a run')) ?? '';
  const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(section)?.[1] ?? 'null');
  const all = report(SCRIPT);
  const keys = (value: object | null | undefined): readonly string[] => Object.keys(value ?? {}).toSorted();
  expect(keys(example)).toEqual(keys(all));
  expect(keys(example.totals)).toEqual(keys(all.totals));
  expect(keys(example.cost)).toEqual(keys(all.cost));
  expect(keys(example.images[0])).toEqual(keys(imageOf(all, 'api/x86_64')));
  expect(keys(example.images[0].cost)).toEqual(keys(imageOf(all, 'api/x86_64').cost));
  expect(keys(example.images[0].stages[0])).toEqual(['finished', 'seconds', 'stage']);
});
