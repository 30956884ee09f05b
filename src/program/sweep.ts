import type { Command } from 'commander';
import type { CommandIo } from '../commands/io.ts';
import type { SweepOptions } from '../commands/sweep.ts';
import { common, examples } from './options.ts';

export function addSweep(program: Command, io: CommandIo, exit: (code: number) => void): void {
  common(program.command('sweep'))
    .description('list what dead runs left in every region and account of the configuration; with --yes remove it')
    .option('--yes', 'remove it')
    .option('--older-than <age>', 'leave runs alone that made something in this time (default: 6h)')
    .option('--region <region...>', 'look there too, in your own account')
    .addHelpText('after', examples('bake sweep', 'bake sweep --yes', 'bake sweep --older-than 2d --json'))
    .action(async (options: SweepOptions) => exit(await (await import('../commands/sweep.ts')).sweep(options, io)));
}
