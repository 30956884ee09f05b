import type { Command } from 'commander';
import type { InitOptions } from '../commands/init.ts';
import type { CommandIo } from '../commands/io.ts';
import { examples } from './options.ts';

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
}
