import { expect, test } from 'vitest';
import { NOT_SHARED } from '../../src/model/channel.ts';
import type { AccountId } from '../../src/model/ids.ts';
import type { SiteStep } from '../../src/model/promotion.ts';
import { createMask } from '../../src/report/mask.ts';
import { planSummary, stepText } from '../../src/report/promotion.ts';
import { createReporter } from '../../src/report/reporter.ts';
import { AMI, PROMOTING } from './events.ts';
import { FakePipe, FakeTerminal } from './fake-terminal.ts';

async function run(mode: 'live' | 'line') {
  const stderr = new FakeTerminal(100);
  const clock = () => new Date('2026-11-20T14:03:22.500Z');
  const reporter = createReporter({ mode, stdout: new FakePipe(), stderr, color: false, mask: createMask([]), clock });
  for (const event of PROMOTING) reporter.emit(event);
  await reporter.close();
  return { lines: stderr.written.trimEnd().replaceAll('14:03:22 ', '').split('\n'), screen: stderr.screen() };
}

test('a promotion is a line for each event', async () => {
  expect((await run('line')).lines).toEqual([
    'plan: 1 to change, 1 pointer to move',
    '111122223333/eu-west-1 api/x86_64 started',
    `111122223333/eu-west-1 api/x86_64 wait for ${AMI}`,
    `111122223333/eu-west-1 api/x86_64 ${AMI} 45 %`,
    `111122223333/eu-west-1 api/x86_64 ready in 1m 30s: ${AMI}`,
    `111122223333/eu-west-1 parameter /acme/prod/api ${AMI}`,
    '111122223333/eu-west-1 parameter /acme/prod/api removed again',
    'failed: 1 ready',
  ]);
});

test('and leaves a row for each site in the terminal', async () => {
  const { screen } = await run('live');
  expect(screen).toContain(`✓ 111122223333/eu-west-1 api/x86_64 ready in 1m 30s: ${AMI}`);
});

test('a plan alone draws nothing, so that a question about it can be seen', async () => {
  const stderr = new FakeTerminal(100);
  const clock = () => new Date('2026-11-20T14:03:22.500Z');
  const sinks = { stdout: new FakePipe(), stderr };
  const reporter = createReporter({ mode: 'live', ...sinks, color: false, mask: createMask([]), clock });
  const [plan] = PROMOTING;
  if (plan?.type !== 'promotion-planned') throw new Error('no plan');
  reporter.emit(plan);
  await reporter.shown();
  expect(stderr.written).toBe('');
  await reporter.close();
});

const ACCOUNT = '222233334444' as AccountId;
test.each<[SiteStep, string]>([
  [{ do: 'grant', account: ACCOUNT, imageId: AMI, snapshotIds: [] }, `let 222233334444 copy ${AMI}`],
  [{ do: 'wait', imageId: null }, 'wait for the copy'],
  [{ do: 'tag', resources: [AMI, 'snap-1'], tags: { a: 'b', c: 'd' } }, `tag ${AMI}, snap-1: a, c`],
  [{ do: 'share-snapshots', snapshotIds: [], accounts: [ACCOUNT] }, 'share its snapshots with 222233334444'],
  [{ do: 'share-image', imageId: null, add: { ...NOT_SHARED, public: true } }, 'share it with everybody'],
  [{ do: 'protect', imageId: AMI, protection: 'with-cooldown' }, `protect ${AMI} from deregistration, with cool-down`],
])('%j is %s', (step, text) => {
  expect(stepText(step)).toBe(text);
});

test('an empty plan says so', () => {
  const [first] = PROMOTING;
  if (first?.type !== 'promotion-planned') throw new Error('no plan');
  expect(planSummary({ ...first.plan, sites: [], pointers: [] })).toBe('nothing to do');
});
