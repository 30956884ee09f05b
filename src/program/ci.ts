import type { Command } from 'commander';
import type { CiOptions } from '../commands/ci.ts';
import type { CommandIo } from '../commands/io.ts';
import { common, examples } from './options.ts';

export function addCi(program: Command, io: CommandIo, exit: (code: number) => void): void {
  common(program.command('ci <github|gitlab|codebuild>'), { sandbox: false })
    .description('write the image graph as a pipeline of a CI system; asks nobody')
    .option('--out <file>', 'write it there (default: where the CI system looks for it)')
    .option('--check', 'write nothing; fail with the lines that differ where the file does not fit the configuration')
    .addHelpText(
      'after',
      examples('bake ci github', 'bake ci github --check', 'bake ci gitlab --out pipeline.yml', 'bake ci codebuild'),
    )
    .action(async (system: string, options: CiOptions) =>
      exit(await (await import('../commands/ci.ts')).ci(system, options, io)),
    );
}
