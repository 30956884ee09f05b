import type { Command } from 'commander';
import type { CheckOptions } from '../commands/check.ts';
import type { ConfigOptions } from '../commands/config.ts';
import type { CommandIo, CommonOptions } from '../commands/io.ts';
import type { RenderOptions } from '../commands/render.ts';
import type { UpdateOptions } from '../commands/update.ts';
import type { UserDataOptions } from '../commands/user-data.ts';
import { arch, common, examples, given } from './options.ts';

export function addProject(program: Command, io: CommandIo, exit: (code: number) => void): void {
  common(program.command('check [images...]'), { sandbox: false })
    .description('find what a first boot would undo of what layers bake, and what is of one region; asks nobody')
    .option('--strict', 'warnings count as errors')
    .option('--user-data <file>', 'also find what this user-data would undo')
    .addHelpText('after', examples('bake check', 'bake check api --strict', 'bake check --user-data web.yaml --json'))
    .action(async (images: string[], options: CheckOptions) =>
      exit(await (await import('../commands/check.ts')).check(images, options, io)),
    );

  given(common(program.command('render <image>')))
    .description('print the Packer template, or write all that packer build needs; asks neither AWS nor the sandbox')
    .option('--out <dir>', 'write the template and what it refers to into a folder')
    .addOption(arch())
    .option('--packer-version <version>', 'render for this version of Packer (default: the one that bakes here)')
    .addHelpText('after', examples('bake render api', 'bake render api --out build/api'))
    .action(async (image: string, options: RenderOptions) =>
      exit(await (await import('../commands/render.ts')).render(image, options, io)),
    );

  common(program.command('user-data <image>'), { sandbox: false })
    .description('print what instances of an image are launched with, the same in every region; asks nobody')
    .option('--channel <name>', 'tell them their channel')
    .option('--out <file>', 'write it to a file')
    .option('--standalone', 'with the loader of region config, for an image that was not baked by bake')
    .addHelpText('after', examples('bake user-data api', 'bake user-data api --channel prod --out user-data.bin'))
    .action(async (image: string, options: UserDataOptions) =>
      exit(await (await import('../commands/user-data.ts')).userData(image, options, io)),
    );

  common(program.command('config'))
    .description('print the configuration as resolved')
    .option('--schema', 'print the JSON schema of the configuration, for editors; needs no configuration')
    .addHelpText('after', examples('bake config', 'bake config --json', 'bake config --schema > bake.schema.json'))
    .action(async (options: ConfigOptions) => exit(await (await import('../commands/config.ts')).config(options, io)));

  common(program.command('update [images...]'))
    .description('look source AMIs up again and pin the newest in bake.lock.json')
    .option('--dry-run', 'print what would change, leave the lock file alone')
    .option('--diff', 'print the change of the lock file as a diff that git apply takes')
    .option('--patch <file>', 'also write that diff to a file, which is empty when nothing has changed')
    .option('--exit-code', 'exit with 4 when the lock file has changed, or would with --dry-run')
    .addHelpText(
      'after',
      examples('bake update', 'bake update base --dry-run', 'bake update --dry-run --diff --exit-code > lock.patch'),
    )
    .action(async (images: string[], options: UpdateOptions) =>
      exit(await (await import('../commands/update.ts')).update(images, options, io)),
    );

  common(program.command('doctor'))
    .description(
      'check what bake needs: tools, disk, KVM, network, clock, credentials, region, quota; exit code 1 when not',
    )
    .addHelpText('after', examples('bake doctor', 'bake doctor --sandbox', 'bake doctor --json'))
    .action(async (options: CommonOptions) => exit(await (await import('../commands/doctor.ts')).doctor(options, io)));
}
