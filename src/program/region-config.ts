import { type Command, Option } from 'commander';
import type { CommandIo } from '../commands/io.ts';
import type { RegionConfigOptions } from '../commands/region-config.ts';
import { common, examples } from './options.ts';

export function addRegionConfig(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const group = program
    .command('region-config')
    .description('publish what instances load from the bucket of their own region')
    .addHelpText('after', examples('bake region-config push api', 'bake region-config check api'));
  const channel = () => new Option('--channel <name>', 'the targets of this channel alone (default: of all channels)');
  const load = () => import('../commands/region-config.ts');

  common(group.command('push <image>'))
    .description('show what differs in each target, ask, and upload it; what is there stays until all is there')
    .addOption(channel())
    .option('--create-buckets', 'make buckets that are missing, and turn on what they lack')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('bake region-config push api', 'bake region-config push api --channel prod --yes'))
    .action(async (image: string, options: RegionConfigOptions) => exit(await (await load()).push(image, options, io)));

  common(group.command('check <image>'))
    .description('check that instances of every target find what they should; exit code 1 when not')
    .addOption(channel())
    .addHelpText('after', examples('bake region-config check api', 'bake region-config check api --json'))
    .action(async (image: string, options: RegionConfigOptions) =>
      exit(await (await load()).check(image, options, io)),
    );

  common(group.command('rollback <image>'))
    .description('bring back what was published before, in every target')
    .addOption(channel())
    .option('--to <serial>', 'bring back this serial (default: the newest with other content)')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('bake region-config rollback api', 'bake region-config rollback api --to 5'))
    .action(async (image: string, options: RegionConfigOptions) =>
      exit(await (await load()).rollback(image, options, io)),
    );
}
