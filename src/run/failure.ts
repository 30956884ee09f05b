import type { Artifact } from '../model/artifact.ts';
import { BakeError } from '../model/errors.ts';
import { type Stage, stageTitle } from '../model/events.ts';
import type { Leaked, Regional, Unclean, Unpinned } from '../model/guarded.ts';
import type { NodeId } from '../model/ids.ts';
import { placeOf } from '../render/provisioning.ts';
import { artifactNotLaid } from './artifact-errors.ts';
import type { PackerOutcome } from './effects.ts';
import type { Trouble } from './elsewhere.ts';
import type { StageTracker } from './stages.ts';

export interface FailureContext {
  /** What EC2 had against it. */
  readonly trouble?: Trouble | undefined;
  /** The image's own, by whose number the builder names one. */
  readonly artifacts?: readonly Artifact[] | undefined;
}

/** Ansible's ssh about the proxy that Packer 1.6 has for it. */
const OLD_HOST_KEY = /no matching host key type found/;
const OLD_HOST_KEY_HINT =
  'Make the block an `ansible` step, or give it the `ansible_env_vars` of docs/migrate.md: OpenSSH does not take the key of Packer 1.6.';

/** A failed Packer run as one error: which step and layer, the last lines, where the log is, how to look closer. */
export function packerFailure(
  id: NodeId,
  outcome: Extract<PackerOutcome, { status: 'failed' }>,
  failure: ReturnType<StageTracker['failure']>,
  log: string,
  { trouble, artifacts = [] }: FailureContext = {},
): BakeError {
  const { step, exitCode, lastLines, stage, leaked, unclean, unpinned, regional, unfinishedAfter, unlaid } = failure;
  const artifact = unlaid && artifacts[unlaid.number - 1];
  if (unlaid !== undefined && artifact !== undefined) return artifactNotLaid(id, artifact, unlaid.why, log);
  if (unpinned.length > 0) return packagesNotPinned(id, unpinned);
  if (regional.length > 0) return imageNotNeutral(id, regional);
  if (leaked.length > 0) return secretLeft(id, leaked);
  if (unclean.length > 0) return imageNotClean(id, unclean);
  if (unfinishedAfter !== undefined) return cloudInitUnfinished(id, unfinishedAfter, lastLines, log);
  const inspect = 'Add --keep-on-error to keep the machine and look at it.';
  if (step !== undefined) {
    const how = exitCode === undefined ? 'failed' : `failed with exit code ${exitCode}`;
    return new BakeError({
      code: 'layer-failed',
      message: `${id}: ${placeOf(step)} ${how}`,
      hint: `${lastLines.some((line) => OLD_HOST_KEY.test(line)) ? OLD_HOST_KEY_HINT : inspect} The whole log: ${log}`,
      details: lastLines,
      blame: 'user',
    });
  }
  const said = [...new Set(outcome.errors.filter((line) => !NOISE.test(line)))];
  if (trouble !== undefined) return noRoom(id, trouble, said, log);
  return new BakeError({
    code: 'packer-failed',
    message: `${id}: Packer failed ${during(stage)}: ${reason(outcome, said)}`,
    hint: `The whole log: ${log}. ${inspect}`,
    details: said.length > 1 ? said.slice(1).slice(-LISTED) : lastLines,
    blame: 'tool',
  });
}

function noRoom(id: NodeId, { code, remedy }: Trouble, said: readonly string[], log: string): BakeError {
  const throttled = remedy === 'time';
  const more =
    'Name more of them in build.instanceTypes or build.network.subnet, which are tried in turn (docs/baking.md)';
  return new BakeError({
    code: throttled ? 'throttled' : 'no-room-for-builder',
    message: `${id}: ${throttled ? 'EC2 kept throttling' : 'EC2 has no room for the builder'}: ${code}`,
    hint: `${throttled ? '' : `${more}, or `}${throttled ? 'R' : 'r'}un the same command again in some minutes. The whole log: ${log}`,
    details: said.slice(0, LISTED),
    blame: 'cloud',
  });
}

function imageNotClean(id: NodeId, unclean: readonly Unclean[]): BakeError {
  return new BakeError({
    code: 'image-not-clean',
    message: `${id}: ${unclean.length === 1 ? '1 thing is' : `${unclean.length} things are`} in the image that no clone may have`,
    hint: 'Have the layer that makes it remove it again, or not make it; docs/hygiene.md says why each is refused.',
    details: unclean.map(({ path, why, row }) => `${path}: ${why} (${row})`),
    blame: 'user',
  });
}

function secretLeft(id: NodeId, leaked: readonly Leaked[]): BakeError {
  const names = [...new Set(leaked.map(({ secret }) => secret))];
  return new BakeError({
    code: 'secret-left',
    message: `${id}: ${names.length === 1 ? 'the secret' : 'the secrets'} ${names.join(', ')} would be in the image`,
    hint: 'Have scripts read it from its file in $BAKE_SECRETS, and keep there what has to hold it, which is memory: docs/secrets.md.',
    details: leaked.map(({ path, secret, form }) => `${path}: ${secret}, ${form}`),
    blame: 'user',
  });
}

function packagesNotPinned(id: NodeId, unpinned: readonly Unpinned[]): BakeError {
  return new BakeError({
    code: 'packages-not-pinned',
    message: `${id}: packages do not come from where the image's \`packages\` pins them`,
    hint: "Have no layer change the distribution's own sources, or change the pin; docs/config.md says what it holds.",
    details: unpinned.map(({ where, why }) => `${where}: ${why}`),
    blame: 'user',
  });
}

function imageNotNeutral(id: NodeId, regional: readonly Regional[]): BakeError {
  return new BakeError({
    code: 'image-not-neutral',
    message: `${id}: ${regional.length === 1 ? '1 thing is' : `${regional.length} things are`} in the image that one region or account alone has`,
    hint: 'Have the layer leave it out and read it from region config, or accept it with a reason in layer.yaml (`accept`): docs/check.md.',
    details: regional.map(
      ({ layer, path, line, rule, match, what, key }) =>
        `${layer.includes(' ') ? `the ${layer}` : `layers/${layer}`}: ${path}:${line} ${rule}: ${match} is ${what} → ${key}`,
    ),
    blame: 'user',
  });
}

function cloudInitUnfinished(id: NodeId, seconds: number, lastLines: readonly string[], log: string): BakeError {
  return new BakeError({
    code: 'cloud-init-unfinished',
    message: `${id}: cloud-init on the builder was not done after ${seconds} s`,
    hint: `Add --keep-on-error to keep the machine, and look at its /var/log/cloud-init.log. The whole log: ${log}`,
    details: lastLines,
    blame: 'cloud',
  });
}

/** Error lines that are shown below the first. */
const LISTED = 15;

const during = (stage: Stage | undefined) =>
  stage === undefined ? 'at its start' : `in the stage "${stageTitle(stage)}"`;

/** What Packer says at the end of every failed run. */
const NOISE = /^(?:==> )?(?:Build '.*' errored|Wait completed after|Some builds didn't complete)/;

function reason({ exitCode, reason }: Extract<PackerOutcome, { status: 'failed' }>, said: readonly string[]): string {
  if (exitCode === 0) return `${reason}; is the packer on PATH the real one?`;
  return said[0] ?? (reason || `exit code ${exitCode}`);
}

export function bakeTimedOut(id: NodeId, seconds: number, log: string): BakeError {
  return new BakeError({
    code: 'bake-timed-out',
    message: `${id}: not finished after ${seconds} s, stopped`,
    hint: `Look at what took so long in ${log}, or raise build.timeLimits.bake.`,
    blame: 'user',
  });
}
