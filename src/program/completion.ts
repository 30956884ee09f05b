import { Argument, type Command } from 'commander';
import type { CommandIo } from '../commands/io.ts';
import { examples } from './options.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function addCompletion(program: Command, io: CommandIo, exit: (code: number) => void): void {
  program
    .command('completion')
    .description('print a script that has your shell complete verbs, options, images and channels')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'source <(bake completion bash)                                   # in ~/.bashrc',
        'source <(bake completion zsh)                                    # in ~/.zshrc, after compinit',
        'bake completion fish > ~/.config/fish/completions/bake.fish',
      ),
    )
    .action(async (shell: (typeof SHELLS)[number]) =>
      exit((await import('../commands/completion.ts')).completion(shell, io)),
    );

  // What those scripts ask, with the words that follow `bake`, up to the cursor.
  program
    .command('complete [words...]', { hidden: true })
    .action(async (words: string[]) =>
      exit(await (await import('../commands/complete.ts')).complete(program, words, io)),
    );
}
