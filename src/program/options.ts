import { type Command, Option } from 'commander';
import { FAILURE_MODES } from '../plan/limits.ts';

export function common(command: Command, { sandbox = true } = {}): Command {
  command.option('--config <file>', 'configuration file (default: bake.config.* here or above)');
  if (sandbox) command.option('--sandbox', 'use the sandbox, not AWS; starts it when it is not up');
  return command.option('--json', 'machine-readable output');
}

/** Of every verb that bakes, or says what would be baked. */
export function given(command: Command): Command {
  return command
    .option('--artifact <name=file>', 'take this file, or s3://bucket/key, for an artefact; repeatable', collect)
    .option('--var <name=value>', 'another value of a variable, of the type that it has; repeatable', collect);
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Of every verb that bakes. */
export function baking(command: Command): Command {
  const options = given(common(command))
    .option('--dry-run', 'show the plan and stop')
    .option('--force', 'bake although nothing has changed')
    .option('--keep-on-error', 'keep the machine of a failed bake and say how to reach it')
    .addOption(arch())
    .addOption(frozen())
    .addOption(parallel())
    .addOption(onFailure());
  return reporting(options);
}

/** What a run leaves for CI systems to read. */
function reporting(command: Command): Command {
  return command
    .option('--junit <file>', 'write what became of each image as JUnit XML')
    .option('--report <file>', 'write a report of the run as JSON: plan, outcomes, durations, costs');
}
const parallel = () =>
  new Option('--parallel <number>', 'builders at once (default: limits.parallel of the configuration, else 8)');
const onFailure = () =>
  new Option('--on-failure <mode>', 'what becomes of the others (default: finish-independent)').choices(FAILURE_MODES);

export const arch = () => new Option('--arch <arch>', 'x86_64 or arm64 (default: all that the image is made for)');
export const frozen = () => new Option('--frozen', 'fail where a source AMI is not pinned in bake.lock.json');

export const examples = (...commands: string[]) => `\nExamples:\n${commands.map((line) => `  $ ${line}`).join('\n')}`;
