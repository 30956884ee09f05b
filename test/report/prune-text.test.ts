import { expect, test } from 'vitest';
import type { AmiId } from '../../src/model/ids.ts';
import type { PruneDecision, PrunePlan } from '../../src/model/prune.ts';
import { pruneText } from '../../src/report/prune-text.ts';
import { NOW, PROJECT } from '../helpers/builders.ts';

const WHERE = '111122223333/eu-west-1';
const images = [
  { site: { account: '111122223333', region: 'eu-west-1' }, imageId: 'ami-1' as AmiId, state: 'available' },
];

const decision = (version: string, over: object): PruneDecision =>
  ({
    id: `api/x86_64@${version}`,
    image: 'api',
    version,
    architecture: 'x86_64',
    createdAt: '2026-08-20T12:00:00.000Z',
    images,
    bytes: 2 ** 31,
    usdPerMonth: 0.1,
    ...over,
  }) as unknown as PruneDecision;

const plan = (decisions: readonly PruneDecision[], bytes = 0): PrunePlan => ({
  version: 1,
  project: PROJECT,
  decisions,
  saves: { bytes, usdPerMonth: 0.3, verified: false, asOf: '2026-11-20' },
});

const text = (what: PrunePlan) => pruneText(what, { columns: undefined, color: false, now: NOW });

test('says of every version what becomes of it and why, first what goes, and what that saves', () => {
  const retiredAt = '2026-11-10T12:00:00Z';
  const deregisterAfter = '2026-11-27T12:00:00.000Z';
  const reference = { why: 'reference', kind: 'instance', name: 'i-1', where: WHERE };
  const all = [
    decision('4.0.0', {
      action: 'keep',
      because: [
        { why: 'newest', last: 3 },
        { why: 'young', days: 30 },
      ],
    }),
    decision('3.0.0', { action: 'keep', because: [reference], retiredAt }),
    decision('2.5.0', { action: 'wait', retiredAt, deregisterAfter }),
    decision('2.0.0', { action: 'retire', deregisterAfter, steps: [], after: [] }),
    decision('1.0.0', { action: 'deregister', retiredAt, steps: [], after: [] }),
  ];
  expect(text(plan(all, 3 * 2 ** 31)).split('\n')).toEqual([
    'DO          IMAGE  VERSION  ARCH    AGE           AMIS     SIZE  A MONTH  WHY',
    'deregister  api    1.0.0    x86_64  3 months ago     1  2.0 GiB    $0.10  retired since 2026-11-10 12:00 UTC',
    'retire      api    2.0.0    x86_64  3 months ago     1  2.0 GiB    $0.10  nothing needs it',
    'wait        api    2.5.0    x86_64  3 months ago     1  2.0 GiB    $0.10  retired; to be deregistered after 2026-11-27 12:00 UTC',
    'keep        api    4.0.0    x86_64  3 months ago     1  2.0 GiB    $0.10  one of the newest 3, and 1 more reason',
    `keep        api    3.0.0    x86_64  3 months ago     1  2.0 GiB    $0.10  retired, and needed: instance i-1 in ${WHERE}; bake prune --undo api@3.0.0`,
    '',
    '1 to retire, 1 to deregister, 1 waiting, 2 kept; 6.0 GiB and at most $0.30 a month saved in the end (prices of 2026-11-20; not all of them are verified)',
  ]);
});

test('says so where there is nothing', () => {
  expect(text(plan([]))).toBe('No images of acme anywhere.');
});
