import { artifactFault } from '../model/artifact.ts';
import type { Leaked, Protection, Regional, Unclean, Unpinned, Unprotected } from '../model/guarded.ts';
import type { PackerMessage, Progress } from '../run/effects.ts';

type StageName = Extract<Progress, { kind: 'stage' }>['stage'];

/** Words of the amazon-ebs builder, the same from 1.6.6 to plugin 1.8; they drive the display and nothing else. */
const SAID: readonly (readonly [RegExp, StageName])[] = [
  [/^Launching a (?:source|spot) AWS instance/, 'launch'],
  [/^(?:Waiting for SSH to become available|Using SSH communicator)/, 'connect'],
  [/^Stopping the source instance/, 'stop'],
  [/^Creating (?:unencrypted )?AMI .* from instance/, 'snapshot'],
  [/^(?:Adding tags to AMI|Modifying attributes on)/, 'tags'],
  [/^Provisioning step had errors/, 'clean-up'],
];

const RUNNER = /^::bake:: (\w+)(?: (\d+))?(?: (\d+))?$/;
const FINDING = /^::bake:: (protected|unprotected|unclean|leaked|unpinned|elsewhere|regional) (\{.*\})$/;

/** The message with what it says about how far the bake has come. */
export function withProgress(message: PackerMessage): PackerMessage {
  const runner = RUNNER.exec(message.text.trim());
  if (runner !== null) {
    const progress = runnerProgress(runner[1] ?? '', Number(runner[2]), Number(runner[3]));
    return { ...message, internal: true, ...(progress === undefined ? {} : { progress }) };
  }
  const fault = artifactFault(message.text.trim());
  if (fault !== undefined) return { ...message, internal: true, progress: { kind: 'artifact-not-laid', ...fault } };
  const finding = FINDING.exec(message.text.trim());
  if (finding !== null) return { ...message, internal: true, ...findingProgress(finding[1] ?? '', finding[2] ?? '') };
  const said = SAID.find(([pattern]) => pattern.test(message.text));
  return said === undefined ? message : { ...message, progress: { kind: 'stage', stage: said[1] } };
}

function runnerProgress(word: string, number: number, exitCode: number): Progress | undefined {
  switch (word) {
    case 'prepare':
      return { kind: 'stage', stage: 'prepare' };
    case 'record':
    case 'tidy':
      return { kind: 'stage', stage: 'record' };
    case 'start':
      return { kind: 'step-started', number };
    case 'done':
      return { kind: 'step-done', number };
    case 'failed':
      return { kind: 'step-failed', number, exitCode };
    case 'unfinished':
      return { kind: 'cloud-init-unfinished', seconds: number };
    default:
      return undefined;
  }
}

/** Findings are JSON of our own programs. A line that was cut, or that a layer's script made up, says nothing. */
function findingProgress(kind: string, json: string): Pick<PackerMessage, 'progress'> {
  let finding: object;
  try {
    finding = JSON.parse(json) as object;
  } catch {
    return {};
  }
  switch (kind) {
    case 'protected':
      return { progress: { kind, protection: finding as Protection } };
    case 'unprotected':
      return { progress: { kind, unprotected: finding as Unprotected } };
    case 'unclean':
      return { progress: { kind, unclean: finding as Unclean } };
    case 'leaked':
      return { progress: { kind, leaked: finding as Leaked } };
    case 'unpinned':
      return { progress: { kind, unpinned: finding as Unpinned } };
    case 'elsewhere':
      return { progress: { kind, source: (finding as { source: string }).source } };
    case 'regional':
      return { progress: { kind, regional: finding as Regional } };
    default:
      return {};
  }
}
