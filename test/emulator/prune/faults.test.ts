import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { ask, callsAfter, type FaultRule, type RecordedCall, setFaults } from '../../helpers/interference.ts';
import { pruneFixture } from '../../helpers/prune-fixture.ts';
import type { PruneShop } from '../../helpers/prune-shop.ts';
import { isExhaustive, sampled, tell } from '../../helpers/sampled.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';

/** One command for each read. */
vi.setConfig({ testTimeout: isExhaustive ? 3_600_000 : 400_000, hookTimeout: 400_000 });

/** In `npm test`. */
const TRIED = 3;

let server: SandboxServer;
let shop: PruneShop;
beforeAll(async () => {
  server = await SandboxServer.start();
  await server.set('behaviour', { pageSize: 5 });
  shop = await pruneFixture(server);
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const REFUSED: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  ec2: { code: 'UnauthorizedOperation', status: 403 },
  ssm: { code: 'AccessDeniedException', status: 400 },
  s3: { code: 'AccessDenied', status: 403 },
  sts: { code: 'AccessDenied', status: 403 },
};

const callsOf = async (args: readonly string[]) => {
  const { last } = await ask<{ readonly last: number }>(server, 'calls?after=0');
  const answer = await shop.run(args);
  return { answer, calls: await callsAfter(server, last) };
};

interface Read {
  readonly title: string;
  readonly rule: FaultRule;
}

/** Each read of a list, each page of it, and each of the second look that follows it under leases. */
function readsOf(calls: readonly RecordedCall[]): readonly Read[] {
  const counts = new Map<string, number>();
  for (const { service, action, region, account, mutating } of calls) {
    const call = JSON.stringify({ service, action, region, account });
    if (!mutating) counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  return [...counts].flatMap(([call, count]) => {
    const match = JSON.parse(call) as { readonly service: string; readonly action: string };
    // Roles and identity are asked for once.
    const looks = match.service === 'sts' ? 1 : 2;
    return Array.from({ length: looks * count }, (_, place) => ({
      title: `${call}, the ${place + 1}th`,
      rule: { match, nth: place + 1, times: 1, do: { fail: REFUSED[match.service] ?? { code: 'Other', status: 400 } } },
    }));
  });
}

it('retires nothing when a read fails, whichever it is, and says which', async () => {
  const { answer, calls } = await callsOf(['prune', '--json']);
  expect(answer).toMatchObject({ code: 0 });
  const reads = readsOf(calls);
  tell(`${reads.length} reads of two looks`);
  const before = await shop.world();
  for (const { title, rule } of sampled(reads, TRIED, 'reads that fail')) {
    await setFaults(server, [rule]);
    const { answer: refused, calls: made } = await callsOf(['prune', '--yes', '--json']);
    const [{ hits = 0 } = {}] = (await ask<{ rules: readonly { hits: number }[] }>(server, 'faults')).rules;
    await setFaults(server, []);
    const { error, outcomes } = resultOf(refused.stdout);
    expect([title, hits, refused.code, outcomes]).toEqual([title, 1, 1, {}]);
    const changes = made.filter(({ mutating, service }) => mutating && service !== 's3').map(({ action }) => action);
    expect([title, changes]).toEqual([title, []]);
    expect([title, `${error?.message} ${error?.details}`]).toEqual([
      title,
      expect.stringMatching(/could not|may not|refused/),
    ]);
  }
  expect(await shop.world()).toEqual(before);
});
