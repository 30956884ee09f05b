import type { AmiId } from '../../model/ids.ts';
import { securityGroupName } from '../../model/names.ts';
import { runTags } from '../../model/tags.ts';
import type { TryEffects } from '../try-effects.ts';
import { copyFailed, copyUnfinished } from './errors.ts';
import { type Stay, subjectOf, type Trial } from './trial.ts';

/** Name of the copy that a trial makes: no image of the project, and unique, so that the clean-up takes no other. */
export const copyName = ({ config, known, run }: Stay): string =>
  securityGroupName(config.project, known.image, known.architecture, run);

/**
 * The AMI to launch in the trial's region: what the trial names, the image itself at home, a copy that is there already (a promoted one), else
 * one that is made for the trial and has to be removed after it. Throws `copy-failed`, `copy-unfinished`.
 */
export async function imageInRegion(trial: Trial, effects: TryEffects): Promise<AmiId> {
  const { known, region, config, run, imageId } = trial;
  if (imageId !== undefined) return imageId;
  if (region === config.region) return known.imageId;
  const { copies, signal } = effects;
  const there = await copies.find(known);
  if (there !== undefined) return there;
  signal.throwIfAborted();
  const copy = await copies.start({
    source: known.imageId,
    sourceRegion: config.region,
    name: copyName(trial),
    tags: runTags(subjectOf(trial), run),
    clientToken: `${run}-${known.imageId}`,
  });
  await waitUntilAvailable(copy, trial, effects);
  return copy;
}

async function waitUntilAvailable(copy: AmiId, trial: Trial, { copies, clock, signal }: TryEffects): Promise<void> {
  const limit = trial.image.build.timeLimits.snapshot;
  const deadline = clock.now().getTime() + limit * 1000;
  for (;;) {
    signal.throwIfAborted();
    const { state, reason } = await copies.stateOf(copy);
    if (state === 'available') return;
    if (state !== 'pending' && state !== 'transient') throw copyFailed(copy, trial.region, state, reason);
    if (clock.now().getTime() >= deadline) throw copyUnfinished(copy, trial.region, limit);
    await clock.sleep(trial.pollSeconds * 1000, signal);
  }
}
