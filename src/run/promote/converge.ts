import { BakeError } from '../../model/errors.ts';
import type { AmiId } from '../../model/ids.ts';
import { type ObservedImage, type SiteStep, type Wanted, wantedId } from '../../model/promotion.ts';
import { compareTraits } from '../../plan/promotion/compare-traits.ts';
import { planSite, type SiteLook, servingAt } from '../../plan/promotion/plan-site.ts';
import type { Desks } from './desk.ts';
import type { SiteEffects } from './effects.ts';
import { copyDiffers, notSettling } from './errors.ts';
import type { Grants } from './grants.ts';
import { lookAt } from './look.ts';
import { type Begun, takeStep } from './take-step.ts';

export interface Converging {
  readonly wanted: Wanted;
  readonly desks: Desks;
  readonly grants: Grants;
  readonly effects: SiteEffects;
  /** What the plan was made of. */
  readonly seen: SiteLook | undefined;
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
  /** Whether a copy may be under way: then its permissions are needed. True until somebody has looked. */
  copying: boolean;
}

/** To be copied, to be shared, and as often for what something else undoes meanwhile. */
const ROUNDS = 6;
/** Looks at what was done and does not show yet, before it is done again. */
const LOOKS = 4;
/** Times that EC2 may answer a request for a copy with one that is gone. */
const SPENT = 3;

/** Milliseconds for which what was seen counts: somebody who is asked, or waits for a lease, takes longer. */
const NEW = 10_000;

/** Does what is lacking until nothing is, and resolves to the AMI that serves. */
export async function converge(one: Converging): Promise<AmiId> {
  const { wanted, signal, effects } = one;
  let taken = '';
  let spent = 0;
  let looks = 0;
  let steps: readonly SiteStep[] = [];
  let known = isNew(one) ? one.seen : undefined;
  let only: ObservedImage | undefined;
  for (let round = 0; round < ROUNDS; ) {
    signal.throwIfAborted();
    const look = known ?? (await lookAgain(one, only));
    known = undefined;
    one.copying = false;
    const imageId = readyAt(wanted, look);
    steps = planSite(wanted, { ...look, spent }).filter((step) => step.do !== 'grant' && step.do !== 'revoke');
    if (steps.length === 0 && imageId !== undefined) return imageId;
    if (JSON.stringify(steps) === taken && ++looks < LOOKS) {
      await effects.clock.sleep(effects.pollSeconds * 1000, signal);
      continue;
    }
    const { gone, copy } = await takeSteps(one, steps, look.there, spent);
    if (gone) spent++;
    // Nobody else has it yet: what it is to be shared with is added, whatever there is.
    if (copy !== undefined) known = { there: [copy], source: look.source, now: effects.clock.now() };
    only = copy ?? (gone ? undefined : servingAt(wanted, look));
    taken = JSON.stringify(steps);
    looks = 0;
    round++;
  }
  throw notSettling(
    wanted,
    steps.map((step) => step.do),
  );
}

const isNew = ({ seen, effects }: Converging): boolean =>
  seen !== undefined && effects.clock.now().getTime() - seen.now.getTime() <= NEW;

/** At one AMI, where it is known which; when that does not show, at whatever there is. */
async function lookAgain({ wanted, desks, effects }: Converging, only: ObservedImage | undefined): Promise<SiteLook> {
  const { clock } = effects;
  if (only !== undefined) {
    const look = await lookAt(wanted, { desks, clock, only });
    if (servingAt(wanted, look) !== undefined) return look;
  }
  return lookAt(wanted, { desks, clock });
}

/** The AMI when it is there and as the source is. Nothing is shared of one that is not. */
function readyAt(wanted: Wanted, look: SiteLook): AmiId | undefined {
  const current = servingAt(wanted, look);
  if (current === undefined || current.state === 'pending' || current.state === 'transient') return undefined;
  const differences = compareTraits(wanted, current);
  if (differences.length > 0) throw copyDiffers(wanted, current.imageId, differences);
  return current.imageId;
}

interface Taken {
  /** The copy that EC2 answered with is. */
  readonly gone: boolean;
  /** One that was waited for. */
  readonly copy: ObservedImage | undefined;
}

async function takeSteps(
  one: Converging,
  steps: readonly SiteStep[],
  there: readonly ObservedImage[],
  spent: number,
): Promise<Taken> {
  const id = wantedId(one.wanted);
  const waits = steps.findIndex((step) => step.do === 'wait');
  // What comes after a wait is planned again when the copy is there.
  const now = waits < 0 ? steps : steps.slice(0, waits + 1);
  let begun: Begun | undefined;
  try {
    for (const step of now) {
      one.signal.throwIfAborted();
      // A copy is told when it begins: it may have to wait for its turn, and for what it is granted.
      if (step.do !== 'copy') one.effects.emit({ type: 'site-step', id, step });
      begun = (await takeStep(one, step, { there, begun })) ?? begun;
    }
    return { gone: false, copy: begun?.image };
  } catch (error) {
    if (error instanceof BakeError && error.code === 'copy-gone' && spent < SPENT) {
      return { gone: true, copy: undefined };
    }
    throw error;
  } finally {
    begun?.release();
  }
}
