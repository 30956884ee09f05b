import type { Command } from 'commander';
import type { BakeAllOptions } from '../commands/bake-all.ts';
import type { CommandIo } from '../commands/io.ts';
import { baking, examples } from './options.ts';

export function addNightly(program: Command, io: CommandIo, exit: (code: number) => void): void {
  baking(program.command('all [patterns...]'))
    .description('bake every image that is out of date and what stands on it, parents first; or those that fit')
    .option('--only <patterns...>', 'only images whose names fit; the same as naming them')
    .option('--except <patterns...>', 'leave these out, and what stands on them')
    .option('--changed-since <revision>', 'only images that have changed in Git since then, and what stands on them')
    .addHelpText(
      'after',
      examples(
        'bake all',
        "bake all 'web-*' --except web-legacy",
        'bake all --changed-since origin/main --dry-run',
        'bake all --on-failure keep-going --json',
      ),
    )
    .action(async (patterns: string[], options: BakeAllOptions) =>
      exit(await (await import('../commands/bake-all.ts')).bakeAll(patterns, options, io)),
    );
}
