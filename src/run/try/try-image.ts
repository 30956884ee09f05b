import type { Emit, Outcome } from '../../model/events.ts';
import { type AmiId, type CloneId, cloneId } from '../../model/ids.ts';
import { TAG } from '../../model/tags.ts';
import type { TrialReport } from '../../model/trial.ts';
import { formatTried } from '../../model/tried.ts';
import { checkIdentities, type Machine } from '../../plan/check-identity.ts';
import { saysSomething, trialOutcome } from '../../plan/trial-outcome.ts';
import type { TryEffects } from '../try-effects.ts';
import { clearGround, type Ground, prepareGround } from './ground.ts';
import { launchClones } from './launch.ts';
import { imageInRegion } from './region-copy.ts';
import { nodeOf, type Trial, userDataDigest } from './trial.ts';
import { type End, failure, tryOne } from './try-one.ts';

/** Tries one image on machines of its own. Whatever happens, none of them is left unless they are to be kept. */
export async function tryImage(trial: Trial, effects: TryEffects): Promise<Outcome> {
  const ends = await tryClones(trial, effects);
  const report = reportOf(trial, ends);
  effects.emit({ type: 'trial-finished', id: nodeOf(trial), report });
  const outcomes = ends.map((end) => end.outcome);
  const outcome = trialOutcome(trial.known, outcomes, report);
  if (saysSomething(outcome)) await tagImage(outcome.status === 'done' ? 'passed' : 'failed', trial, effects);
  return outcome;
}

async function tryClones(trial: Trial, effects: TryEffects): Promise<readonly End[]> {
  const { clones, atOnce } = trial;
  const ids = Array.from({ length: clones }, (_, index) => cloneId(nodeOf(trial), index + 1));
  const ends: End[] = [];
  let kept = false;
  const emit: Emit = (event) => {
    kept ||= event.type === 'kept';
    effects.emit(event);
  };
  const watched = { ...effects, emit };
  try {
    const ground = await prepareGround(trial, watched);
    effects.signal.throwIfAborted();
    const copying = imageInRegion(trial, watched);
    for (let start = 0; start < ids.length; start += atOnce) {
      effects.signal.throwIfAborted();
      ends.push(...(await tryTogether(ids.slice(start, start + atOnce), copying, trial, ground, watched)));
    }
  } catch (error) {
    ends.push({ outcome: failure(error, effects.signal) });
  } finally {
    const lost = ends.length === 0 || ends.some(({ finding }) => finding === undefined);
    await clearGround(trial, { kept, lost }, effects);
  }
  return ends;
}

/** One copy and one launch for all of them: each waits for both, and tells when one fails. */
async function tryTogether(
  ids: readonly CloneId[],
  copying: Promise<AmiId>,
  trial: Trial,
  ground: Ground,
  effects: TryEffects,
) {
  const { imageId, version } = trial.known;
  for (const id of ids) effects.emit({ type: 'clone-started', id, imageId, version });
  const elsewhere = trial.region === trial.config.region ? undefined : copying;
  const launching = copying.then((image) => launchClones(ids, image, trial, ground, effects));
  // A copy that fails is told by its own stage, and nobody waits for the launch then.
  launching.catch(() => undefined);
  return Promise.all(ids.map((id) => tryOne(id, elsewhere, launching, trial, ground, effects)));
}

function reportOf(trial: Trial, ends: readonly End[]): TrialReport {
  const { known } = trial;
  const findings = ends.flatMap(({ finding }) => finding ?? []);
  const builder = findings.find(({ baked }) => baked?.builder !== undefined)?.baked?.builder;
  const machines: Machine[] = findings.map(({ report, probe }) => ({ name: report.id, identity: probe.identity }));
  if (builder !== undefined) machines.push({ name: 'the builder', identity: builder });
  return {
    version: 1,
    image: known.image,
    imageVersion: known.version,
    architecture: known.architecture,
    imageId: known.imageId,
    region: trial.region,
    userData: userDataDigest(trial) ?? null,
    clones: findings.map(({ report }) => report),
    checks: machines.length < 2 ? [] : checkIdentities(machines),
  };
}

/** A status tag is the source image's alone: its snapshots and copies have none. */
async function tagImage(result: 'passed' | 'failed', trial: Trial, { images, clock }: TryEffects): Promise<void> {
  const at = clock.now().toISOString();
  const tried = formatTried({ result, at, userData: userDataDigest(trial), tool: trial.tool });
  await images.tag([trial.known.imageId], { [TAG.tried]: tried });
}
