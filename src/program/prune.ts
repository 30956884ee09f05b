import type { Command } from 'commander';
import type { CommandIo } from '../commands/io.ts';
import type { PruneOptions } from '../commands/prune.ts';
import { common, examples } from './options.ts';

export function addPrune(program: Command, io: CommandIo, exit: (code: number) => void): void {
  common(program.command('prune [images...]'))
    .description('list versions that nothing needs any more, by `keep` of the configuration; --yes retires them')
    .option('--yes', 'deprecate and disable them, and deregister those whose grace is over')
    .option('--dry-run', 'only list, also with --yes')
    .option('--undo <image@version>', 'bring back a retired version that is still there')
    .addHelpText(
      'after',
      examples('bake prune', 'bake prune api --json', 'bake prune --yes', 'bake prune --undo api@2026.11.20.1'),
    )
    .action(async (images: string[], options: PruneOptions) =>
      exit(await (await import('../commands/prune.ts')).prune(images, options, io)),
    );
}
