import { type Command, Option } from 'commander';
import type { ExportOptions } from '../commands/export.ts';
import type { HistoryOptions } from '../commands/history.ts';
import type { CommandIo } from '../commands/io.ts';
import type { PromoteOptions } from '../commands/promote.ts';
import type { RollbackOptions } from '../commands/rollback.ts';
import type { VerifyOptions } from '../commands/verify.ts';
import { common, examples } from './options.ts';

export function addPromotion(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const channel = () => new Option('--channel <name>', 'the channel (default: the only one)');
  const wait = () => new Option('--wait <duration>', 'wait so long for another run that changes the same image there');

  common(program.command('promote [image[@version]...]'))
    .description('bring versions to every target of a channel, then move the pointers; shows the plan and asks')
    .option('--to <channel>', 'the channel (default: the only one)')
    .option('--dry-run', 'show the plan and stop')
    .option('--plan-out <file>', 'also write the plan as JSON')
    .option('--plan <file>', 'apply this plan, or refuse when the world has moved since; does not ask')
    .option('--approved-by <name>', 'who approves, where the channel wants a person')
    .addOption(wait())
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(
        'bake promote api --to staging',
        'bake promote api@2026.11.20.1 --to prod --approved-by alice --yes',
        'bake promote api worker --to staging --yes',
        'bake promote api --to prod --dry-run --plan-out plan.json && bake promote --plan plan.json',
      ),
    )
    .action(async (references: readonly string[], options: PromoteOptions) =>
      exit(await (await import('../commands/promote.ts')).promote(references, options, io)),
    );

  common(program.command('verify <image>'))
    .description('check that copies, tags, permissions and pointers of a channel are as promoted; exit code 1 when not')
    .addOption(channel())
    .option('--repair', 'mend what is not')
    .addOption(wait())
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('bake verify api --channel prod', 'bake verify api --channel prod --repair'))
    .action(async (image: string, options: VerifyOptions) =>
      exit(await (await import('../commands/verify.ts')).verify(image, options, io)),
    );

  common(program.command('rollback <image>'))
    .description('move the pointers of a channel back to a version that it held before; copies nothing')
    .addOption(channel())
    .option('--to <version>', 'this version (default: the one before)')
    .option('--approved-by <name>', 'who approves')
    .addOption(wait())
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('bake rollback api --channel prod', 'bake rollback api --channel prod --to 1.4.2'))
    .action(async (image: string, options: RollbackOptions) =>
      exit(await (await import('../commands/rollback.ts')).rollback(image, options, io)),
    );

  common(program.command('history <image>'))
    .description('show which versions a channel has held, and who moved it when')
    .option('--channel <name>', 'this channel alone (default: all)')
    .addHelpText('after', examples('bake history api', 'bake history api --channel prod --json'))
    .action(async (image: string, options: HistoryOptions) =>
      exit(await (await import('../commands/history.ts')).history(image, options, io)),
    );

  common(program.command('export <image>'))
    .description('print which AMI each target of a channel launches, for other tools')
    .addOption(channel())
    .addOption(new Option('--format <format>', 'cloudformation, terraform, cdk or json').default('json'))
    .addHelpText('after', examples('bake export api --channel prod --format terraform'))
    .action(async (image: string, options: ExportOptions) =>
      exit(await (await import('../commands/export.ts')).exportImage(image, options, io)),
    );
}
