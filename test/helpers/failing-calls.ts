import { expect } from 'vitest';
import { type CallPoint, pointsOf, ruleAt } from './call-points.ts';
import { type CliResult, resultOf } from './cli.ts';
import { ask, type FaultRule, setFaults } from './interference.ts';
import { type Baked, ONE_OF_EACH, PromotionLab, versionOf } from './promotion-lab.ts';
import { othersIn, shapeOf } from './promotion-shape.ts';
import { isExhaustive, tell } from './sampled.ts';
import { violations, type World } from './shipped-world.ts';

type Deed = FaultRule['do'];
const fail = (code: string, status: number): Deed => ({ fail: { code, status } });

interface Fault {
  readonly name: string;
  /** What the service does; undefined: it never does. */
  readonly deedOf: (service: string) => Deed | undefined;
  readonly when: 'before' | 'after';
  /** Asking again is all that it takes. */
  readonly passing: boolean;
}

const codes =
  (codeOf: Readonly<Record<string, Deed>>) =>
  (service: string): Deed | undefined =>
    codeOf[service];

const FAULTS: readonly Fault[] = [
  {
    name: 'throttled',
    deedOf: codes({
      ec2: fail('RequestLimitExceeded', 503),
      ssm: fail('ThrottlingException', 400),
      s3: fail('SlowDown', 503),
      sts: fail('Throttling', 400),
    }),
    when: 'before',
    passing: true,
  },
  {
    name: 'failed inside',
    deedOf: codes({
      ec2: fail('InternalError', 500),
      ssm: fail('InternalServerError', 500),
      s3: fail('InternalError', 500),
      sts: fail('InternalFailure', 500),
    }),
    when: 'before',
    passing: true,
  },
  { name: 'reset', deedOf: () => ({ reset: true }), when: 'before', passing: true },
  // Done, and nobody hears of it.
  { name: 'left without an answer', deedOf: () => ({ reset: true }), when: 'after', passing: true },
  {
    name: 'refused',
    deedOf: codes({
      ec2: fail('UnauthorizedOperation', 403),
      ssm: fail('AccessDeniedException', 400),
      s3: fail('AccessDenied', 403),
      sts: fail('AccessDenied', 403),
    }),
    when: 'before',
    passing: false,
  },
  { name: 'not seen', deedOf: codes({ ec2: fail('InvalidAMIID.NotFound', 400) }), when: 'before', passing: false },
];

/** Faults that one version's promotion meets, in one run or, where one stops it, in the next. */
export interface FaultCase {
  readonly title: string;
  readonly rules: readonly FaultRule[];
  readonly lasts: boolean;
}

interface Single extends FaultCase {
  readonly fault: Fault;
}

/** Each call failing once in each way. */
export function failingOnce(points: readonly CallPoint[]): readonly FaultCase[] {
  const singles = points.flatMap((point) => FAULTS.flatMap((fault) => single(fault, point, ruleAt(point), false)));
  if (!isExhaustive) return singles;
  const alone = singles.filter(({ fault }) => !fault.passing);
  return [...alone, ...FAULTS.filter(({ passing }) => passing).flatMap((fault) => together(fault, singles))];
}

/** Each kind of call failing for ever in each way. */
export function failingForEver(points: readonly CallPoint[]): readonly FaultCase[] {
  const kinds = new Map(points.map((point) => [JSON.stringify(point.match), point]));
  return [...kinds.values()].flatMap((point) =>
    FAULTS.flatMap((fault) => {
      // Nothing can be read back or put back where nobody ever hears of what was done.
      if (fault.when === 'after') return [];
      // What EC2 does not know yet is waited for a minute: time only for those who try everything.
      if (fault.name === 'not seen' && !isExhaustive) return [];
      return single(fault, point, { match: point.match }, true);
    }),
  );
}

function single(fault: Fault, point: CallPoint, where: Partial<FaultRule>, lasts: boolean): readonly Single[] {
  const deed = fault.deedOf(point.match.service ?? '');
  if (deed === undefined) return [];
  const title = `${fault.name} ${lasts ? 'for ever' : 'once'}: ${point.title}`;
  return [{ title, rules: [{ ...where, when: fault.when, do: deed }], lasts, fault }];
}

/** Faults of one promotion where each is survived: one promotion for each would take hours. */
const TOGETHER = 8;

/** Dealt out like cards, so that those of one promotion are far from one another. */
function together(fault: Fault, singles: readonly Single[]): readonly FaultCase[] {
  const same = singles.filter((one) => one.fault === fault);
  const hands = Math.ceil(same.length / TOGETHER);
  return Array.from({ length: hands }, (_, hand) => {
    const dealt = same.filter((_, index) => index % hands === hand);
    const title = dealt.map((one) => one.title).join(', ');
    return { title, rules: dealt.flatMap(({ rules }) => rules), lasts: false };
  });
}

/** Promotions in one world: more make every call slower. */
const PER_WORLD = 12;

/** Promotes with faults, again and again, in worlds where the channel holds a version. */
export class FailingCalls {
  private readonly lab: PromotionLab;
  private left = 0;
  private shape: unknown;
  points: readonly CallPoint[] = [];
  private readonly tally = { faults: 0, finished: 0, stopped: 0, unmet: 0 };

  private constructor(lab: PromotionLab) {
    this.lab = lab;
  }

  static async start(): Promise<FailingCalls> {
    const failing = new FailingCalls(await PromotionLab.start(ONE_OF_EACH));
    await failing.renew();
    return failing;
  }

  async tryAll(cases: readonly FaultCase[], what: string): Promise<void> {
    const failures: string[] = [];
    for (const [at, one] of cases.entries()) {
      if (isExhaustive && at % 25 === 0) tell(`${what}: ${at} of ${cases.length}, ${failures.length} failures`);
      try {
        await this.tryCase(one);
      } catch (error) {
        const failure = `${one.title}: ${(error as Error).message}`;
        tell(failure);
        failures.push(failure);
        this.left = 0;
      }
    }
    const { faults, finished, stopped, unmet } = this.tally;
    const counts = `${finished} runs finished, ${stopped} stopped; ${unmet} faults that no call met`;
    tell(`${what}: ${this.points.length} calls, ${faults} faults: ${counts}; ${failures.length} failures`);
    expect(failures).toEqual([]);
    // A fault that no call meets shows nothing.
    expect(unmet).toBeLessThan(faults / 2);
  }

  private async renew(): Promise<void> {
    const { lab } = this;
    await lab.renew();
    await lab.promoteWell((await lab.bakeNext()).version);
    this.left = PER_WORLD;
    if (this.shape !== undefined) return;
    const baked = await lab.bakeNext();
    this.points = pointsOf(await lab.promoteWell(baked.version));
    this.shape = shapeOf(await lab.world(), baked, { versions: false });
  }

  private async tryCase({ rules, lasts }: FaultCase): Promise<void> {
    const { lab } = this;
    if (this.left-- === 0) await this.renew();
    const baked = await lab.bakeNext();
    const before = othersIn(await lab.world(), baked);
    const ended = await this.runs(baked, rules, lasts);
    if (!ended) await lab.promoteWell(baked.version);
    const world = await lab.world();
    expect(violations(world)).toEqual([]);
    expect(shapeOf(world, baked, { versions: false })).toEqual(this.shape);
    expect(othersIn(world, baked)).toEqual(before);
  }

  /** Runs until one finishes, or has met the last of the faults and stopped. True when one has finished. */
  private async runs(baked: Baked, faults: readonly FaultRule[], lasts: boolean): Promise<boolean> {
    const { lab, tally } = this;
    tally.faults += faults.length;
    let moved = false;
    for (let unmet = faults; unmet.length > 0; ) {
      expect((await setFaults(lab.server, unmet)).rules).toHaveLength(unmet.length);
      // What lasts is not survived by asking more often.
      const result = await lab.promote(baked.version, lasts ? { AWS_MAX_ATTEMPTS: '2' } : {}).ended;
      const before = unmet.length;
      unmet = await this.endFaults(unmet);
      if (result.code === 0) {
        tally.finished++;
        tally.unmet += unmet.length;
        return true;
      }
      tally.stopped++;
      expect(unmet.length, 'what has stopped it was a fault').toBeLessThan(before);
      expectClearError(result);
      const world = await lab.world();
      expect(violations(world)).toEqual([]);
      moved = hasMoved(result, moved);
      expectNoMix(world, versionOf(moved ? baked.serial : baked.serial - 1), result);
    }
    return false;
  }

  /** Takes the faults away, before the test itself meets them, and returns those that no call has met. */
  private async endFaults(faults: readonly FaultRule[]): Promise<readonly FaultRule[]> {
    const met = (await ask<{ rules: { hits: number }[] }>(this.lab.server, 'faults')).rules;
    await setFaults(this.lab.server, []);
    return faults.filter((_, index) => met[index]?.hits === 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.lab[Symbol.asyncDispose]();
  }
}

function expectClearError({ code, stdout, stderr }: CliResult): void {
  expect({ code, stderr }, stdout).toEqual({ code: 1, stderr: expect.not.stringMatching(/^ +at .*[:(]\d+/m) });
  const { error } = resultOf(stdout);
  expect(error).toMatchObject({ code: expect.not.stringMatching(/^unexpected$/), hint: expect.stringMatching(/./) });
}

/** A run may stop with all pointers moved where nothing but writing down that it is done has failed. */
function hasMoved({ stdout }: CliResult, before: boolean): boolean {
  if (stdout.includes('"type":"pointer-put-back"')) return false;
  return before || stdout.includes('"type":"pointer-moved"');
}

function expectNoMix({ images, pointers }: World, version: string, { stdout }: CliResult): void {
  const versionAt = (imageId: string) => images.find((image) => image.imageId === imageId)?.tags['bake:version'];
  const says = [...new Set(pointers.map(({ imageId }) => versionAt(imageId)))];
  expect(says, stdout.trimEnd().split('\n').at(-1)).toEqual([version]);
}

/** Milliseconds for all cases of a file. */
export const FAILING_LIMIT = isExhaustive ? 28_800_000 : 1_800_000;
