import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarise } from '../../model/errors.ts';
import { amiName, securityGroupName } from '../../model/names.ts';
import { runTags } from '../../model/tags.ts';
import { leftoversWarning } from '../leftovers-warning.ts';
import type { TryEffects } from '../try-effects.ts';
import { copyName } from './region-copy.ts';
import { nodeOf, type Stay, subjectOf } from './trial.ts';

/** What the machines of a trial share. */
export interface Ground {
  readonly keyPair: string;
  /** File with the private key. */
  readonly keyFile: string;
  readonly securityGroup: string;
}

const keyFileOf = ({ runDir, known }: Stay): string => join(runDir, `try-${known.architecture}.key`);

/** The key pair and the security group, tagged as the run's, so that the clean-up finds them. */
export async function prepareGround(trial: Stay, { builders, signal }: TryEffects): Promise<Ground> {
  signal.throwIfAborted();
  const { config, known, run, image, sshPort, cidrs } = trial;
  const tags = runTags(subjectOf(trial), run);
  const name = securityGroupName(config.project, known.image, known.architecture, run);
  const key = await builders.reserve(name, tags);
  if (key === undefined) throw new Error(`the key pair ${name} exists, and run ids do not repeat`);
  const keyFile = keyFileOf(trial);
  await writeFile(keyFile, key.privateKey, { mode: 0o600 });
  const securityGroup = await builders.createSecurityGroup({
    name,
    description: `bake: trial of ${amiName(config.project, known.image, known.version, known.architecture)}`,
    vpc: image.build.network.vpc,
    subnet: image.build.network.subnets[0],
    port: sshPort,
    cidrs: image.build.communicator === 'session-manager' ? [] : cidrs,
    tags,
  });
  return { keyPair: name, keyFile, securityGroup };
}

/**
 * Removes everything of the trial, however it ended: found by its tags, so also what no answer told us about. Of a
 * machine that is kept, the copy that it was launched from. `lost`: a machine may have been asked for that is not known.
 */
export async function clearGround(
  trial: Stay,
  { kept, lost }: { readonly kept: boolean; readonly lost: boolean },
  { builders, copies, emit }: TryEffects,
): Promise<void> {
  const { run, known, config, region } = trial;
  const elsewhere = region !== config.region;
  try {
    if (kept) {
      if (elsewhere) await copies.remove(copyName(trial));
      return;
    }
    const { image, architecture } = known;
    const amiName = elsewhere ? copyName(trial) : undefined;
    await builders.removeLeftovers({ run, image, architecture, amiName, launching: lost, copying: elsewhere && lost });
    await rm(keyFileOf(trial), { force: true });
  } catch (error) {
    const message = `not everything of run ${run} could be removed: ${summarise(error).message}`;
    emit({ type: 'warning', id: nodeOf(trial), warning: leftoversWarning(message) });
  }
}
