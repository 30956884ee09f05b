import type { Command } from 'commander';
import type { BakeOptions } from '../commands/bake.ts';
import type { CommandIo } from '../commands/io.ts';
import type { PlanOptions } from '../commands/plan.ts';
import type { TryOptions } from '../commands/try.ts';
import { arch, baking, common, examples, frozen, given } from './options.ts';

export function addBaking(program: Command, io: CommandIo, exit: (code: number) => void): void {
  given(common(program.command('plan [images...]')))
    .description('show what would be baked or reused, and why; changes nothing')
    .addOption(arch())
    .option('--force', 'plan as if the images had changed')
    .addOption(frozen())
    .addHelpText('after', examples('bake plan', 'bake plan api --json'))
    .action(async (images: string[], options: PlanOptions) =>
      exit(await (await import('../commands/plan.ts')).plan(images, options, io)),
    );

  versioned(program.command('base [images...]'))
    .description('bake base images: all of them, or those named')
    .addHelpText('after', examples('bake base', 'bake base --force', 'bake base base --arch arm64'))
    .action(async (images: string[], options: BakeOptions) =>
      exit(await (await import('../commands/bake.ts')).bake('base', images, options, io)),
    );

  versioned(program.command('service <images...>'))
    .description('bake service images on top of the parent image that there is')
    .addHelpText(
      'after',
      examples(
        'bake service api',
        'bake service api --with-parents',
        'bake service api --version 1.4.2',
        'bake service api --artifact app=./dist/api.tgz --var httpPort=8080',
      ),
    )
    .action(async (images: string[], options: BakeOptions) =>
      exit(await (await import('../commands/bake.ts')).bake('service', images, options, io)),
    );

  common(program.command('try <image[@version]>'))
    .description('launch an image and check that what was baked is what boots; runs the tests of its layers')
    .option('--clones <number>', 'machines to launch and compare with one another (default: 1)')
    .option('--user-data <file>', 'launch with this user-data (default: that of bake user-data)')
    .option('--channel <name>', 'the channel whose configuration it loads')
    .option('--region <region>', 'launch it there; where the image is not yet, a copy is made and removed afterwards')
    .option('--promoted <channel>', 'launch what the pointer of this channel says there')
    .option('--junit <file>', 'write the checks as JUnit XML')
    .option('--keep', 'leave the machines and say how to reach them')
    .addOption(arch())
    .addHelpText(
      'after',
      examples(
        'bake try api',
        'bake try api@2026.11.20.1 --clones 2',
        'bake try api --region eu-west-1',
        'bake try api --region eu-west-1 --promoted prod',
      ),
    )
    .action(async (reference: string, options: TryOptions) =>
      exit(await (await import('../commands/try.ts')).tryCommand(reference, options, io)),
    );
}

function versioned(command: Command): Command {
  return baking(command)
    .option('--version <version>', 'version of the new image (default: by the version scheme)')
    .option('--with-parents', 'bake parents first where they are out of date');
}
