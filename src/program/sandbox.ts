import type { Command } from 'commander';
import type { CommandIo } from '../commands/io.ts';
import type { SandboxOptions } from '../commands/sandbox.ts';
import { common, examples } from './options.ts';

export function addSandbox(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const sandbox = program
    .command('sandbox')
    .description('an EC2 on this machine: an emulated API and real machines, nothing leaves the machine')
    .addHelpText('after', examples('bake sandbox up', 'bake base --sandbox', 'bake sandbox down'));
  const verbs = [
    ['up', 'install what is missing and start it; does nothing when it is up', 'bake sandbox up --no-machines'],
    ['down', 'stop it; images stay', 'bake sandbox down'],
    ['status', 'show whether it is up, its machines and its disk use', 'bake sandbox status --json'],
    ['reset', 'remove its images and machines', 'bake sandbox reset --yes'],
  ] as const;
  for (const [verb, description, example] of verbs) {
    const command = common(sandbox.command(verb), { sandbox: false })
      .description(description)
      .addHelpText('after', examples(example));
    if (verb === 'up') {
      command
        // In this order: alone or first, the negative one would be true where neither is given.
        .option('--machines', 'with machines (default: as it was started last, at first with them)')
        .option('--no-machines', 'emulate the API only: Packer provisions nothing');
    }
    if (verb === 'reset') command.option('--yes', 'do not ask');
    command.action(async (options: SandboxOptions) =>
      exit(await (await import('../commands/sandbox.ts')).sandbox(verb, options, io)),
    );
  }
}
