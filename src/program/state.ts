import type { Command } from 'commander';
import type { CommandIo } from '../commands/io.ts';
import type { StateOptions } from '../commands/state.ts';
import { common, examples } from './options.ts';

export function addState(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const group = program
    .command('state')
    .description('the bucket where records, what channels hold, and leases are kept for everybody')
    .addHelpText('after', examples('bake state init', 'bake state status'));
  const load = () => import('../commands/state.ts');

  common(group.command('init'))
    .description('show what the bucket lacks, ask, make it so, and upload the records of this machine')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('bake state init', 'bake state init --yes --json'))
    .action(async (options: StateOptions) => exit(await (await load()).init(options, io)));

  common(group.command('status'))
    .description('check the bucket, or say what is lost without one; exit code 1 when something is missing')
    .addHelpText('after', examples('bake state status', 'bake state status --json'))
    .action(async (options: StateOptions) => exit(await (await load()).status(options, io)));
}
