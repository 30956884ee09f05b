import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CallPoint, pointsOf, ruleAt } from '../../helpers/call-points.ts';
import { ask, heldCalls, type RecordedCall, setFaults } from '../../helpers/interference.ts';
import { type Baked, EVERYWHERE, PromotionLab } from '../../helpers/promotion-lab.ts';
import { othersIn, shapeOf } from '../../helpers/promotion-shape.ts';
import { isExhaustive, seed, shuffled, tell } from '../../helpers/sampled.ts';
import { violations } from '../../helpers/shipped-world.ts';

/** Times that one promotion is killed in `npm test` before it may finish: each run goes on from where the one before was. */
const KILLS_EACH = isExhaustive ? 1 : 4;
/** Promotions in one world: more make every call slower. */
const PER_WORLD = 8;

interface Kill {
  readonly point: CallPoint;
  readonly when: 'before' | 'after';
}

const WHEN = ['before', 'after'] as const;
const title = ({ point, when }: Kill): string => `${when} ${point.title}`;

let lab: PromotionLab;
beforeAll(async () => {
  lab = await PromotionLab.start(EVERYWHERE);
});
afterAll(() => lab[Symbol.asyncDispose]());

interface Undisturbed {
  readonly shape: unknown;
  readonly points: readonly CallPoint[];
}

async function undisturbed(): Promise<Undisturbed> {
  const baked = await lab.bakeNext();
  const calls = await lab.promoteWell(baked.version);
  const world = await lab.world();
  expect(violations(world)).toEqual([]);
  return { shape: shapeOf(world, baked), points: pointsOf(calls.filter(({ mutating }) => mutating)) };
}

/** True when it was killed there; false when it ended without that call. */
async function killedAt({ point, when }: Kill, { version }: Baked): Promise<boolean> {
  await setFaults(lab.server, [{ ...ruleAt(point), when, do: { hold: true } }]);
  const cli = lab.promote(version);
  const ended = cli.ended.then(({ code, stdout, stderr }) => {
    if (code !== 0 && code !== null) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
  });
  try {
    for (let held: readonly RecordedCall[] = []; held.length === 0; ) {
      held = (await Promise.race([heldCalls(lab.server, 5), ended])) ?? [];
      if (held.length === 0 && cli.child.exitCode !== null) return false;
    }
    cli.signal('SIGKILL');
    await ended;
    return true;
  } finally {
    await setFaults(lab.server, []);
    await ask(lab.server, 'faults/release', {});
  }
}

/** What is wrong after a kill. What the dead process had sent may still take effect: looked at again, it is as it should be. */
async function wrongNow(): Promise<readonly string[]> {
  let wrong: readonly string[] = [];
  for (let look = 0; look < 3; look++) {
    wrong = violations(await lab.world());
    if (wrong.length === 0) return [];
    await new Promise((done) => setTimeout(done, 300));
  }
  return wrong;
}

interface Tally {
  kills: number;
  promotions: number;
  readonly failures: string[];
}

/** Kills a promotion where it is told to, one run after the other, and then lets it finish. */
async function tryKills(kills: readonly Kill[], shape: unknown, tally: Tally): Promise<void> {
  const baked = await lab.bakeNext();
  const before = othersIn(await lab.world(), baked);
  const done: string[] = [];
  tally.promotions++;
  try {
    for (const kill of kills) {
      if (!(await killedAt(kill, baked))) {
        if (isExhaustive) throw new Error(`${title(kill)} was never asked for`);
        break;
      }
      tally.kills++;
      done.push(title(kill));
      expect(await wrongNow()).toEqual([]);
    }
    await lab.promoteWell(baked.version);
    const world = await lab.world();
    expect(violations(world)).toEqual([]);
    expect(shapeOf(world, baked)).toEqual(shape);
    expect(othersIn(world, baked)).toEqual(before);
  } catch (error) {
    const failure = `killed ${done.join(', then ')}: ${(error as Error).message}`;
    tell(failure);
    tally.failures.push(failure);
  }
}

/** Each point before and after: one by one, or, where only some are tried, several of one promotion in their order. */
function groupsOf(points: readonly CallPoint[]): readonly (readonly Kill[])[] {
  const all = points.flatMap((point) => WHEN.map((when) => ({ point, when })));
  if (isExhaustive) return all.map((kill) => [kill]);
  const mixed = shuffled(all.map((_, index) => index));
  const count = Math.ceil(all.length / KILLS_EACH);
  return Array.from({ length: count }, (_, group) => {
    const some = mixed.slice(group * KILLS_EACH, (group + 1) * KILLS_EACH);
    return some.toSorted((a, b) => a - b).flatMap((index) => all[index] ?? []);
  });
}

/** A world where the channel holds as many versions as the promotion is to find. */
async function renew(later: boolean): Promise<void> {
  await lab.renew();
  if (later) await lab.promoteWell((await lab.bakeNext()).version);
}

it.each([
  // Kills in `npm test`: together 40 at least.
  ['the first promotion to a channel', { later: false, kills: 12 }],
  ['a promotion of the next version', { later: true, kills: 28 }],
])(
  'killed before and after each call that changes something, %s ends as if nothing had been',
  async (what, { later, kills }) => {
    await renew(later);
    const { shape, points } = await undisturbed();
    const tally: Tally = { kills: 0, promotions: 0, failures: [] };
    for (const [at, group] of groupsOf(points).entries()) {
      if (!isExhaustive && tally.kills >= kills) break;
      if (isExhaustive && at % 25 === 0) tell(`${what}: ${tally.kills} kills, ${tally.failures.length} failures`);
      if (!later || at % PER_WORLD === 0) await renew(later);
      const failed = tally.failures.length;
      await tryKills(group, shape, tally);
      if (tally.failures.length > failed) await renew(later);
    }
    const counts = `${tally.kills} kills of ${tally.promotions} promotions, ${tally.failures.length} failures`;
    tell(`${what}: ${points.length} calls that change something; ${counts} (seed ${seed})`);
    expect(tally.failures).toEqual([]);
    expect(tally.kills).toBeGreaterThanOrEqual(isExhaustive ? 2 * points.length : kills);
  },
  isExhaustive ? 14_400_000 : 1_800_000,
);
