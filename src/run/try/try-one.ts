import { summarise } from '../../model/errors.ts';
import type { Outcome } from '../../model/events.ts';
import { type CloneId, cloneId } from '../../model/ids.ts';
import { cloneOutcome } from '../../plan/trial-outcome.ts';
import type { TryEffects } from '../try-effects.ts';
import type { Ground } from './ground.ts';
import { type Launched, targetOf } from './launch.ts';
import { TrialMachine } from './machine.ts';
import { TrialStages } from './stages.ts';
import { nodeOf, type Trial } from './trial.ts';
import { type Finding, tryClone } from './try-clone.ts';

/** How the trial of one machine ended; without a finding it could not be examined. */
export interface End {
  readonly outcome: Outcome;
  readonly finding?: Finding;
}

/** One machine from its launch, which it may share with others as the copy before it, to its end. Never throws. */
export async function tryOne(
  id: CloneId,
  copying: Promise<unknown> | undefined,
  launching: Promise<readonly Launched[]>,
  trial: Trial,
  ground: Ground,
  effects: TryEffects,
): Promise<End> {
  const { clock, emit, signal } = effects;
  const started = clock.now().getTime();
  const stages = new TrialStages(id, clock, emit);
  let end: End;
  try {
    if (copying !== undefined) await stages.run('copy', () => copying);
    const launched = await stages.run('launch', () => launching);
    const clone = launched.find((one) => one.id === id);
    if (clone === undefined) throw new Error(`${id} was not launched`);
    end = await tryLaunched(clone, trial, ground, stages, effects);
  } catch (error) {
    end = { outcome: failure(error, signal) };
  }
  emit({ type: 'clone-finished', id, outcome: end.outcome, seconds: (clock.now().getTime() - started) / 1000 });
  return end;
}

async function tryLaunched(
  clone: Launched,
  trial: Trial,
  ground: Ground,
  stages: TrialStages,
  effects: TryEffects,
): Promise<End> {
  const { id, instanceId } = clone;
  const machine = await TrialMachine.open(id, targetOf(clone, trial, ground.keyFile), effects);
  try {
    const finding = await tryClone(machine, id === cloneId(nodeOf(trial), 1), trial, stages, effects);
    return { outcome: cloneOutcome(trial.known, finding.report), finding };
  } finally {
    await machine.close();
    if (trial.keep) effects.emit({ type: 'kept', id, instanceId, login: machine.login });
    // Asked now, since the next machine may need this one's place; waited for, and repeated, by the clean-up.
    else await stages.run('terminate', () => effects.instances.terminate(instanceId)).catch(() => undefined);
  }
}

export function failure(error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) return { status: 'cancelled', because: summarise(signal.reason).message };
  return { status: 'failed', error: summarise(error) };
}
