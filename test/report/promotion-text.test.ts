import { describe, expect, test } from 'vitest';
import type { PromotionPlan, SiteStep } from '../../src/model/promotion.ts';
import { estimatePlan } from '../../src/plan/promotion/estimate.ts';
import { driftText } from '../../src/report/drift-text.ts';
import { promotionText } from '../../src/report/promotion-text.ts';
import { widthOf } from '../../src/report/text.ts';
import { amiId, imageName, version } from '../helpers/builders.ts';
import {
  copy,
  EU,
  GIB,
  OURS,
  PROTECTION,
  promotionPlan,
  SHARED,
  sitePlan,
  THEIRS,
  target,
  US,
} from '../helpers/promotion-plans.ts';

const SNAPSHOTS = ['snap-1', 'snap-2'];
const HOME = { account: OURS, region: US };
const AWAY = { account: OURS, region: EU };
const FAR = { account: THEIRS, region: 'ap-southeast-2' as typeof EU };
const X86 = 'api/x86_64';

const mend: readonly SiteStep[] = [
  { do: 'remove-dead', imageId: amiId(9), reason: 'the key is disabled' },
  { do: 'tag', resources: [amiId(1), ...SNAPSHOTS], tags: { 'bake:version': '2026.11.20.1', team: 'platform' } },
  { do: 'share-snapshots', snapshotIds: SNAPSHOTS, accounts: [THEIRS] },
  {
    do: 'share-image',
    imageId: amiId(1),
    add: { ...SHARED, public: true, organizations: ['arn:aws:organizations::111122223333:organization/o-abcde12345'] },
  },
  { do: 'deprecate', imageId: amiId(1), at: '2027-02-18T12:01:00.000Z' },
  { do: 'protect', imageId: amiId(1), protection: PROTECTION },
];

const PLAN: PromotionPlan = promotionPlan(
  [
    sitePlan(HOME, X86, mend, 1),
    sitePlan(HOME, 'api/arm64', [], 2),
    sitePlan(AWAY, X86, [copy(8 * GIB)]),
    sitePlan(AWAY, 'api/arm64', [{ do: 'wait', imageId: amiId(3) }], 3),
    sitePlan(FAR, X86, [
      { do: 'grant', account: THEIRS, imageId: amiId(1), snapshotIds: SNAPSHOTS },
      copy(GIB / 1024, { kmsKey: 'alias/images', attempt: 2 }),
      { do: 'share-snapshots', snapshotIds: [], accounts: [OURS] },
      { do: 'revoke', account: THEIRS, imageId: amiId(1), snapshotIds: SNAPSHOTS },
    ]),
  ],
  [
    {
      target: target(OURS, US),
      moves: [
        { kind: 'parameter', name: '/acme/prod/api', node: X86, from: { imageId: amiId(7), version: 3 }, to: amiId(1) },
        {
          kind: 'launch-template',
          name: 'api-prod',
          node: X86,
          from: { imageId: amiId(1), version: 3, userData: 'x' },
          to: amiId(1),
        },
      ],
    },
    { target: target(OURS, EU), moves: [{ kind: 'parameter', name: '/acme/prod/api', node: X86, to: null }] },
  ],
  { holds: { api: version('2026.11.19.1') } },
);

const options = { columns: undefined, color: false };
const planText = (plan: PromotionPlan, columns?: number) =>
  promotionText(plan, estimatePlan(plan, { snapshotCopies: 20 }), { ...options, columns });

describe('a plan', () => {
  test('says for each target what is done, what it takes, and where pointers go', () => {
    expect(planText(PLAN)).toMatchInlineSnapshot(`
      "promote api 2026.11.20.1 to prod, which holds 2026.11.19.1

      111122223333/us-east-1
        api/x86_64  remove           ami-00000000000000009, a copy that failed: the key is disabled
                    tag              ami-00000000000000001 and 2 snapshots: bake:version, team
                    share            2 snapshots with 444455556666
                    share            ami-00000000000000001 with everybody, 444455556666, o-abcde12345
                    deprecate        ami-00000000000000001 on 2027-02-18 12:01 UTC
                    protect          ami-00000000000000001 from deregistration, with cooldown
        api/arm64   nothing to do    ami-00000000000000002
      111122223333/eu-west-1
        api/x86_64  copy             8.0 GiB, ~3 min, $0.16 + $0.40/month
        api/arm64   wait             for ami-00000000000000003, which is being copied
      444455556666/ap-southeast-2
        api/x86_64  grant            444455556666 may copy ami-00000000000000001 until it has
                    copy             1.0 MiB, ~1 min, <$0.01 + <$0.01/month (unverified), encrypted with alias/images, attempt 2
                    share            its snapshots with 111122223333
                    revoke           444455556666 may no longer copy ami-00000000000000001
      when all targets are ready:
      pointers of 111122223333/us-east-1
        api/x86_64  parameter        /acme/prod/api: ami-00000000000000007 → ami-00000000000000001
        api/x86_64  launch template  api-prod: ami-00000000000000001 stays, with other user-data
      pointers of 111122223333/eu-west-1
        api/x86_64  parameter        /acme/prod/api: none → the copy

      2 copies, 8.0 GiB, ~3 min; at most $0.16 for transfer and $0.40 a month for storage (prices of 2026-11-20; not all of them are verified)"
    `);
  });

  test('fits a narrow terminal, and every line stays one', () => {
    const rowsOf = (text: string) => text.slice(0, text.lastIndexOf('\n\n')).split('\n').slice(2);
    const rows = rowsOf(planText(PLAN, 60)).filter((line) => line.startsWith('  '));
    expect(rowsOf(planText(PLAN, 60))).toHaveLength(rowsOf(planText(PLAN)).length);
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(widthOf(row)).toBeLessThanOrEqual(60);
  });

  test('is coloured where that is wanted only', () => {
    const estimates = estimatePlan(PLAN, { snapshotCopies: 20 });
    const coloured = promotionText(PLAN, estimates, { columns: undefined, color: true });
    expect(coloured).toContain('\u001b[32mcopy');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is taken out
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(planText(PLAN));
  });

  test('says that nothing is to be done', () => {
    const plan = promotionPlan([sitePlan(HOME, X86, [], 1)], [], { holds: { api: version('2026.11.20.1') } });
    expect(planText(plan)).toMatchInlineSnapshot(`
      "promote api 2026.11.20.1 to prod

      nothing to do at the targets: each has it, and every pointer points at it"
    `);
    const unheld = planText({ ...plan, holds: {} });
    expect(unheld).toMatch(/points at it; only that prod holds it is to be written down$/);
  });

  test('wraps its sentences between words', () => {
    const sentence = (text: string) => text.slice(text.lastIndexOf('\n\n') + 2);
    const lines = sentence(planText(PLAN, 60)).split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(60);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(sentence(planText(PLAN)));
  });

  test.each<[Partial<PromotionPlan>, string]>([
    [{ action: 'rollback' }, 'roll back to api 2026.11.20.1 in prod, which holds 2026.11.19.1'],
    [{ action: 'repair', holds: { api: version('2026.11.20.1') } }, 'repair api 2026.11.20.1 in prod'],
    [
      { images: ['api', 'worker'].map((name) => ({ image: imageName(name), version: version('2'), nodes: [] })) },
      'promote api 2, worker 2 to prod, which holds api 2026.11.19.1',
    ],
  ])('%o begins with what it is', (other, first) => {
    expect(planText({ ...PLAN, ...other }).split('\n')[0]).toBe(first);
  });

  test('has permissions that are left over', () => {
    const leftover = { do: 'revoke', account: THEIRS, imageId: amiId(1), snapshotIds: [] } as const;
    const plan = promotionPlan([sitePlan(HOME, X86, [], 1)], [], { leftovers: [leftover] });
    expect(planText(plan)).toMatchInlineSnapshot(`
      "promote api 2026.11.20.1 to prod

      111122223333/us-east-1
        api/x86_64  nothing to do  ami-00000000000000001
      permissions left over
                    revoke         444455556666 may no longer copy ami-00000000000000001"
    `);
    expect(driftText(plan, options)).toMatchInlineSnapshot(`
      "api 2026.11.20.1 in prod

      111122223333/us-east-1
        ok     api/x86_64  ami-00000000000000001
      permissions left over
        DRIFT              444455556666 may still copy ami-00000000000000001

      1 difference; to mend: bake verify api --channel prod --repair"
    `);
  });

  test('never rounds a price to nothing', () => {
    const plan = promotionPlan([sitePlan(AWAY, X86, [copy(2 ** 20)])]);
    expect(planText(plan)).toContain('1.0 MiB, ~1 min, <$0.01 + <$0.01/month');
  });
});

describe('drift', () => {
  test('says what is not as it should be, and how to mend it', () => {
    expect(driftText(PLAN, options)).toMatchInlineSnapshot(`
      "api 2026.11.20.1 in prod

      111122223333/us-east-1
        DRIFT  api/x86_64  ami-00000000000000009 is left of a copy that failed: the key is disabled
        DRIFT  api/x86_64  ami-00000000000000001 and 2 snapshots: lost bake:version, team
        DRIFT  api/x86_64  2 snapshots not shared with 444455556666
        DRIFT  api/x86_64  ami-00000000000000001 is not shared with everybody, 444455556666, o-abcde12345
        DRIFT  api/x86_64  ami-00000000000000001 is not deprecated on 2027-02-18 12:01 UTC
        DRIFT  api/x86_64  ami-00000000000000001 is not protected from deregistration with cooldown
        ok     api/arm64   ami-00000000000000002
      111122223333/eu-west-1
        DRIFT  api/x86_64  is not there
        DRIFT  api/arm64   ami-00000000000000003 is still being copied
      444455556666/ap-southeast-2
        DRIFT  api/x86_64  is not there: the last copy failed
      pointers of 111122223333/us-east-1
        DRIFT  api/x86_64  parameter /acme/prod/api is ami-00000000000000007, not ami-00000000000000001
        DRIFT  api/x86_64  launch template api-prod has other user-data
      pointers of 111122223333/eu-west-1
        DRIFT  api/x86_64  parameter /acme/prod/api is not there

      12 differences; to mend: bake verify api --channel prod --repair"
    `);
  });

  test('there is none', () => {
    expect(driftText(promotionPlan([sitePlan(HOME, X86, [], 1)]), options)).toMatchInlineSnapshot(`
      "api 2026.11.20.1 in prod

      111122223333/us-east-1
        ok  api/x86_64  ami-00000000000000001

      all is as it should be"
    `);
  });
});
