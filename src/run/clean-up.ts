import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { summarise } from '../model/errors.ts';
import type { Outcome } from '../model/events.ts';
import { amiName } from '../model/names.ts';
import { TAG } from '../model/tags.ts';
import type { BakeContext, BakeEffects, BakeJob } from './bake-job.ts';
import { leftoversWarning } from './leftovers-warning.ts';
import { BAKE_FILES } from './run-variables.ts';
import type { StageTracker } from './stages.ts';

/** A reservation or a security group that outlives its bake is somebody's riddle: removed on every way out. */
export async function cleanUp(
  outcome: Outcome,
  job: BakeJob,
  context: BakeContext,
  effects: BakeEffects,
  place: {
    readonly dir: string;
    readonly tracker: StageTracker;
    readonly securityGroup?: string;
    readonly keepReservation?: boolean;
  },
): Promise<Outcome> {
  const { step, version } = job;
  // Interrupted there, nobody has heard of the instance that Packer may just have asked for.
  const launching = outcome.status === 'cancelled' && place.tracker.failure().stage?.name === 'launch';
  place.tracker.start({ name: 'clean-up' });
  await rm(join(place.dir, BAKE_FILES.key), { force: true });
  const unfinished = amiName(context.config.project, step.image, version, step.architecture);
  const leftovers = {
    run: context.run,
    image: step.image,
    architecture: step.architecture,
    amiName: outcome.status === 'done' ? undefined : unfinished,
    launching,
    ...(place.keepReservation ? { keepReservation: true } : {}),
    known:
      outcome.status === 'done' && place.securityGroup !== undefined
        ? { securityGroup: place.securityGroup, keyPair: job.key.name }
        : undefined,
  };
  try {
    const removed = await effects.builders.removeLeftovers(leftovers);
    // After a good bake the key pair and the security group are all there is, and no news.
    if (outcome.status === 'done') return outcome;
    for (const what of removed) effects.emit({ type: 'removed', id: step.id, what });
    return removed.length === 0 ? outcome : withDetail(outcome, `removed: ${removed.join(', ')}`);
  } catch (error) {
    const message = `not everything of run ${context.run} could be removed: ${summarise(error).message}`;
    effects.emit({ type: 'warning', id: step.id, warning: leftoversWarning(message) });
    return withDetail(outcome, message);
  }
}

/** `--keep-on-error`: says how to reach the machine instead of removing it. Undefined where none was launched. */
export async function keepForInspection(
  outcome: Outcome,
  job: BakeJob,
  context: BakeContext,
  effects: BakeEffects,
  dir: string,
): Promise<Outcome | undefined> {
  const owner = { run: context.run, image: job.step.image, architecture: job.step.architecture };
  const instances = await effects.builders.instancesOf(owner).catch(() => undefined);
  if (instances === undefined) return withDetail(outcome, `what run ${context.run} has kept could not be listed`);
  if (instances.length === 0) return undefined;
  const user = job.image.build.sshUser;
  const login = `ssh -i ${join(dir, BAKE_FILES.key)} -p ${context.access.sshPort} ${user}@`;
  const kept = instances.map(({ instanceId, address }) => `kept ${instanceId}: ${login}${address ?? 'ADDRESS'}`);
  const rest = `its key pair ${job.key.name} and its security group are kept too, all tagged ${TAG.run}=${context.run}`;
  return [...kept, rest].reduce(withDetail, outcome);
}

function withDetail(outcome: Outcome, detail: string): Outcome {
  if (outcome.status !== 'failed') return outcome;
  return { ...outcome, error: { ...outcome.error, details: [...(outcome.error.details ?? []), detail] } };
}
