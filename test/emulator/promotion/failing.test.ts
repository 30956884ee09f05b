import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CallPoint, pointsOf, ruleAt } from '../../helpers/call-points.ts';
import { type CliResult, resultOf } from '../../helpers/cli.ts';
import { ask, type FaultRule, setFaults } from '../../helpers/interference.ts';
import { type Baked, ONE_OF_EACH, PromotionLab, versionOf } from '../../helpers/promotion-lab.ts';
import { othersIn, shapeOf } from '../../helpers/promotion-shape.ts';
import { isExhaustive, sampled, tell } from '../../helpers/sampled.ts';
import { violations, type World } from '../../helpers/shipped-world.ts';

type Deed = FaultRule['do'];
const fail = (code: string, status: number): Deed => ({ fail: { code, status } });

/** What each service says when it fails in this way; undefined: it never does. */
const FAULTS: Readonly<Record<string, (service: string) => Deed | undefined>> = {
  throttled: (service) =>
    ({
      ec2: fail('RequestLimitExceeded', 503),
      ssm: fail('ThrottlingException', 400),
      s3: fail('SlowDown', 503),
      sts: fail('Throttling', 400),
    })[service],
  'failed inside': (service) =>
    ({
      ec2: fail('InternalError', 500),
      ssm: fail('InternalServerError', 500),
      s3: fail('InternalError', 500),
      sts: fail('InternalFailure', 500),
    })[service],
  reset: () => ({ reset: true }),
  refused: (service) =>
    ({
      ec2: fail('UnauthorizedOperation', 403),
      ssm: fail('AccessDeniedException', 400),
      s3: fail('AccessDenied', 403),
      sts: fail('AccessDenied', 403),
    })[service],
  // Done, and nobody hears of it.
  'left without an answer': () => ({ reset: true }),
  'not seen': (service) => (service === 'ec2' ? fail('InvalidAMIID.NotFound', 400) : undefined),
};

interface Case {
  readonly title: string;
  readonly rule: FaultRule;
  readonly lasts: boolean;
}

/** Promotions in one world: more make every call slower. */
const PER_WORLD = 12;
/** In `npm test`. */
const ONCE = 5;
const FOR_EVER = 3;

function casesOf(points: readonly CallPoint[], lasts: boolean): readonly Case[] {
  return points.flatMap((point) =>
    Object.entries(FAULTS).flatMap(([fault, deedOf]) => {
      const deed = deedOf(point.match.service ?? '');
      if (deed === undefined) return [];
      // What EC2 does not know yet is waited for a minute: time only for those who try everything.
      if (lasts && fault === 'not seen' && !isExhaustive) return [];
      const unheard = fault === 'left without an answer';
      // Nothing can be read back or put back where nobody ever hears of what was done.
      if (lasts && unheard) return [];
      const when = unheard ? 'after' : 'before';
      const rule: FaultRule = { ...(lasts ? { match: point.match } : ruleAt(point)), when, do: deed };
      return [{ title: `${fault} ${lasts ? 'for ever' : 'once'}: ${point.title}`, rule, lasts }];
    }),
  );
}

let lab: PromotionLab;
let shape: unknown;
let points: readonly CallPoint[];
let left = 0;
beforeAll(async () => {
  lab = await PromotionLab.start(ONE_OF_EACH);
  await renew();
});
afterAll(() => lab[Symbol.asyncDispose]());

/** A world where the channel holds a version. */
async function renew(): Promise<void> {
  await lab.renew();
  await lab.promoteWell((await lab.bakeNext()).version);
  left = PER_WORLD;
  if (shape !== undefined) return;
  const baked = await lab.bakeNext();
  points = pointsOf(await lab.promoteWell(baked.version));
  shape = shapeOf(await lab.world(), baked, { versions: false });
}

const tally = { finished: 0, stopped: 0, unreached: 0 };

async function tryCase({ rule, lasts }: Case): Promise<void> {
  if (left-- === 0) await renew();
  const baked = await lab.bakeNext();
  const before = othersIn(await lab.world(), baked);
  const { rules } = await setFaults(lab.server, [rule]);
  expect(rules).toHaveLength(1);
  // What lasts is not survived by asking more often.
  const result = await lab.promote(baked.version, lasts ? { AWS_MAX_ATTEMPTS: '2' } : {}).ended;
  const [{ hits } = { hits: 0 }] = (await ask<{ rules: { hits: number }[] }>(lab.server, 'faults')).rules;
  await setFaults(lab.server, []);
  if (hits === 0) tally.unreached++;
  else if (result.code === 0) tally.finished++;
  else tally.stopped++;
  if (result.code !== 0) {
    expectClearError(result);
    const world = await lab.world();
    expect(violations(world)).toEqual([]);
    expectNoMix(world, baked, result);
    await lab.promoteWell(baked.version);
  }
  const world = await lab.world();
  expect(violations(world)).toEqual([]);
  expect(shapeOf(world, baked, { versions: false })).toEqual(shape);
  expect(othersIn(world, baked)).toEqual(before);
}

function expectClearError({ code, stdout, stderr }: CliResult): void {
  expect({ code, stderr }, stdout).toEqual({ code: 1, stderr: expect.not.stringMatching(/^ +at .*[:(]\d+/m) });
  const { error } = resultOf(stdout);
  expect(error).toMatchObject({ code: expect.not.stringMatching(/^unexpected$/), hint: expect.stringMatching(/./) });
}

/** Pointers that were not moved; or all of them, where nothing but writing down that it is done has failed. */
function expectNoMix({ images, pointers }: World, { serial }: Baked, { stdout }: CliResult): void {
  const versionAt = (imageId: string) => images.find((image) => image.imageId === imageId)?.tags['bake:version'];
  const says = [...new Set(pointers.map(({ imageId }) => versionAt(imageId)))];
  const moved = stdout.includes('"type":"pointer-moved"') && !stdout.includes('"type":"pointer-put-back"');
  expect(says, stdout.trimEnd().split('\n').at(-1)).toEqual([versionOf(moved ? serial : serial - 1)]);
}

async function tryAll(cases: readonly Case[], what: string): Promise<void> {
  const failures: string[] = [];
  Object.assign(tally, { finished: 0, stopped: 0, unreached: 0 });
  for (const one of cases) {
    try {
      await tryCase(one);
    } catch (error) {
      const failure = `${one.title}: ${(error as Error).message}`;
      tell(failure);
      failures.push(failure);
      left = 0;
    }
  }
  const { finished, stopped, unreached } = tally;
  const counts = `${finished} promotions finished, ${stopped} stopped, ${unreached} never made it`;
  tell(`${what}: ${points.length} calls, ${cases.length} faults: ${counts}; ${failures.length} failures`);
  expect(failures).toEqual([]);
  // A fault that no call meets shows nothing.
  expect(unreached).toBeLessThan(cases.length / 2);
}

const LIMIT = isExhaustive ? 28_800_000 : 1_800_000;

it(
  'with any call failing once, it finishes or stops with pointers unmoved, and the next run finishes',
  () => tryAll(sampled(casesOf(points, false), ONCE, 'faults of one call'), 'failing once'),
  LIMIT,
);

it(
  'with any call failing for ever, it finishes or stops with pointers unmoved, and the next run finishes',
  () => {
    const kinds = new Map(points.map((point) => [JSON.stringify(point.match), point]));
    return tryAll(sampled(casesOf([...kinds.values()], true), FOR_EVER, 'lasting faults'), 'failing for ever');
  },
  LIMIT,
);
