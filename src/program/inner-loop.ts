import { type Command, Option } from 'commander';
import type { InitOptions } from '../commands/init.ts';
import type { CommandIo } from '../commands/io.ts';
import type { ShellOptions } from '../commands/shell.ts';
import { common, examples } from './options.ts';

export function addInnerLoop(program: Command, io: CommandIo, exit: (code: number) => void): void {
  program
    .command('init [dir]')
    .description('write a project that bakes at once: a base image, a service on it, their layers and tests')
    .option('--name <project>', 'name of the project (default: that of the folder)')
    .option('--region <region>', 'where images are baked (default: AWS_REGION, else us-east-1)')
    .option('--source <alias>', 'source AMI of the base image (default: debian:12)')
    .option('--yes', 'do not ask')
    .option('--json', 'machine-readable output')
    .addHelpText(
      'after',
      examples('bake init', 'bake init images --name acme --region eu-west-1 --source al2023 --yes'),
    )
    .action(async (dir: string | undefined, options: InitOptions) =>
      exit(await (await import('../commands/init.ts')).init(dir, options, io)),
    );

  common(program.command('shell <image|layer>'), { sandbox: false })
    .description(
      'a prompt on a machine of the sandbox, as the parent image is, with the files of the layers; registers nothing',
    )
    .option(
      '--layer <layer>',
      'run this layer of the image there as a bake does, and leave the machine for the next time',
    )
    .option('--keep', 'leave the machine when the prompt ends')
    .option('--end', 'remove the machine that was left')
    .addOption(new Option('--arch <arch>', 'x86_64 or arm64 (default: the first that the image is made for)'))
    .addHelpText(
      'after',
      examples('bake shell api', 'bake shell nginx', 'bake shell api --layer nginx', 'bake shell api --end'),
    )
    .action(async (name: string, options: ShellOptions) =>
      exit(await (await import('../commands/shell.ts')).shell(name, options, io)),
    );
}
