import type { Command } from 'commander';
import type { CommandIo, CommonOptions } from '../commands/io.ts';
import type { MarkOptions } from '../commands/mark.ts';
import type { ShowOptions } from '../commands/show.ts';
import { arch, common, examples } from './options.ts';

export function addImages(program: Command, io: CommandIo, exit: (code: number) => void): void {
  common(program.command('list [images...]'))
    .description('list images with versions, ids, age, state and lineage')
    .addHelpText('after', examples('bake list', 'bake list api --json'))
    .action(async (images: string[], options: CommonOptions) =>
      exit(await (await import('../commands/list.ts')).list(images, options, io)),
    );

  common(program.command('show <image[@version]>'))
    .description('show one version of an image: lineage, fingerprint, tags')
    .addOption(arch())
    .addHelpText('after', examples('bake show api', 'bake show api@2026.11.20.1 --json'))
    .action(async (reference: string, options: ShowOptions) =>
      exit(await (await import('../commands/show.ts')).show(reference, options, io)),
    );

  common(program.command('mark <image@version>'))
    .description('mark a version bad: it is never reused, never a parent, never promoted; or good again')
    .option('--bad <reason>', 'mark it, and say why')
    .option('--good', 'take the mark away')
    .addHelpText(
      'after',
      examples('bake mark base@2026.11.20.1 --bad "the disk fills up"', 'bake mark base@2026.11.20.1 --good'),
    )
    .action(async (reference: string, options: MarkOptions) =>
      exit(await (await import('../commands/mark.ts')).mark(reference, options, io)),
    );
}
