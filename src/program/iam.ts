import { type Command, Option } from 'commander';
import type { IamPolicyOptions } from '../commands/iam-policy.ts';
import type { CommandIo } from '../commands/io.ts';
import { common, examples } from './options.ts';

export function addIam(program: Command, io: CommandIo, exit: (code: number) => void): void {
  common(program.command('iam-policy [images...]'), { sandbox: false })
    .description('print the smallest IAM policies that do, from the configuration; asks nobody')
    .requiredOption(
      '--for <what>',
      'build, try, promote, publish, setup, instance, prune, sweep, ci; or several with commas',
    )
    .option('--account <id>', 'the account that bakes (default: none is named, and ARNs have a * there)')
    .option('--github <owner/name>', 'with ci: the repository whose jobs may have the role')
    .option('--gitlab <group/project>', 'with ci: the project whose jobs may have the role')
    .option('--branch <name>', 'with ci: jobs of this branch alone', 'main')
    .addOption(new Option('--format <format>', 'text or json').choices(['text', 'json']).default('text'))
    .option('--out <dir>', 'write each document into a file, for the AWS CLI')
    .addHelpText(
      'after',
      examples(
        'bake iam-policy --for build',
        'bake iam-policy --for promote --account 111122223333 --out iam',
        'bake iam-policy --for ci --account 111122223333 --github acme/images --out iam',
        'bake iam-policy --for instance api --json',
      ),
    )
    .action(async (images: string[], options: IamPolicyOptions) =>
      exit(await (await import('../commands/iam-policy.ts')).iamPolicy(images, options, io)),
    );
}
