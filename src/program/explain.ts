import type { Command } from 'commander';
import type { DiffOptions } from '../commands/diff.ts';
import type { CommandIo } from '../commands/io.ts';
import type { WhyOptions } from '../commands/why.ts';
import { arch, common, examples, given } from './options.ts';

export function addExplain(program: Command, io: CommandIo, exit: (code: number) => void): void {
  given(common(program.command('why <image[@version]>')))
    .description('say why an image would be baked, or why a version of it was, up to the root cause; changes nothing')
    .addOption(arch())
    .addHelpText('after', examples('bake why api', 'bake why api@2026.11.20.1', 'bake why api --json'))
    .action(async (reference: string, options: WhyOptions) =>
      exit(await (await import('../commands/why.ts')).why(reference, options, io)),
    );

  common(program.command('diff <image> <version> <version>'))
    .description('show what differs between two versions: inputs, packages, guarded settings')
    .addOption(arch())
    .addHelpText('after', examples('bake diff api 2026.11.19.1 2026.11.20.1', 'bake diff base 1.4.1 1.4.2 --json'))
    .action(async (image: string, from: string, to: string, options: DiffOptions) =>
      exit(await (await import('../commands/diff.ts')).diff(image, [from, to], options, io)),
    );
}
