import { Command, Option } from 'commander';
import type { BakeOptions } from './commands/bake.ts';
import type { CheckOptions } from './commands/check.ts';
import type { ExportOptions } from './commands/export.ts';
import type { HistoryOptions } from './commands/history.ts';
import type { CommandIo, CommonOptions } from './commands/io.ts';
import type { MarkOptions } from './commands/mark.ts';
import type { PlanOptions } from './commands/plan.ts';
import type { PromoteOptions } from './commands/promote.ts';
import type { RegionConfigOptions } from './commands/region-config.ts';
import type { RenderOptions } from './commands/render.ts';
import type { RollbackOptions } from './commands/rollback.ts';
import type { SandboxOptions } from './commands/sandbox.ts';
import type { ShowOptions } from './commands/show.ts';
import type { StateOptions } from './commands/state.ts';
import { toolVersion } from './commands/tool-version.ts';
import type { TryOptions } from './commands/try.ts';
import type { UpdateOptions } from './commands/update.ts';
import type { UserDataOptions } from './commands/user-data.ts';
import type { VerifyOptions } from './commands/verify.ts';

/** The whole command line. Each action loads its module when it runs, so that `--help` costs nothing. */
export function createProgram(io: CommandIo, exit: (code: number) => void): Command {
  const program = new Command('bake')
    .description('Plan, bake, version and try a hierarchy of Amazon Machine Images with Packer.')
    .version(toolVersion(), '-V, --version', 'print the version of bake')
    // Otherwise `bake service api --version 1.4.2` would print the version of bake.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for the options and examples)')
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .addHelpText('after', examples('bake plan', 'bake base', 'bake service api', 'bake list'))
    .addHelpText('after', '\nWithout an AWS account: add --sandbox, or set BAKE_SANDBOX=1.');

  common(program.command('plan [images...]'))
    .description('show what would be baked or reused, and why; changes nothing')
    .addOption(arch())
    .option('--force', 'plan as if the images had changed')
    .addOption(frozen())
    .addHelpText('after', examples('bake plan', 'bake plan api --json'))
    .action(async (images: string[], options: PlanOptions) =>
      exit(await (await import('./commands/plan.ts')).plan(images, options, io)),
    );

  baking(program.command('base [images...]'))
    .description('bake base images: all of them, or those named')
    .addHelpText('after', examples('bake base', 'bake base --force', 'bake base base --arch arm64'))
    .action(async (images: string[], options: BakeOptions) =>
      exit(await (await import('./commands/bake.ts')).bake('base', images, options, io)),
    );

  baking(program.command('service <images...>'))
    .description('bake service images on top of the parent image that there is')
    .addHelpText(
      'after',
      examples('bake service api', 'bake service api --with-parents', 'bake service api --version 1.4.2'),
    )
    .action(async (images: string[], options: BakeOptions) =>
      exit(await (await import('./commands/bake.ts')).bake('service', images, options, io)),
    );

  common(program.command('check [images...]'), { sandbox: false })
    .description('find what a first boot would undo of what layers bake, and what is of one region; asks nobody')
    .option('--strict', 'warnings count as errors')
    .option('--user-data <file>', 'also find what this user-data would undo')
    .addHelpText('after', examples('bake check', 'bake check api --strict', 'bake check --user-data web.yaml --json'))
    .action(async (images: string[], options: CheckOptions) =>
      exit(await (await import('./commands/check.ts')).check(images, options, io)),
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
      exit(await (await import('./commands/try.ts')).tryCommand(reference, options, io)),
    );

  common(program.command('list [images...]'))
    .description('list images with versions, ids, age, state and lineage')
    .addHelpText('after', examples('bake list', 'bake list api --json'))
    .action(async (images: string[], options: CommonOptions) =>
      exit(await (await import('./commands/list.ts')).list(images, options, io)),
    );

  common(program.command('show <image[@version]>'))
    .description('show one version of an image: lineage, fingerprint, tags')
    .addOption(arch())
    .addHelpText('after', examples('bake show api', 'bake show api@2026.11.20.1 --json'))
    .action(async (reference: string, options: ShowOptions) =>
      exit(await (await import('./commands/show.ts')).show(reference, options, io)),
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
      exit(await (await import('./commands/mark.ts')).mark(reference, options, io)),
    );

  common(program.command('render <image>'))
    .description('print the Packer template, or write all that packer build needs; asks neither AWS nor the sandbox')
    .option('--out <dir>', 'write the template and what it refers to into a folder')
    .addOption(arch())
    .option('--packer-version <version>', 'render for this version of Packer (default: the one that bakes here)')
    .addHelpText('after', examples('bake render api', 'bake render api --out build/api'))
    .action(async (image: string, options: RenderOptions) =>
      exit(await (await import('./commands/render.ts')).render(image, options, io)),
    );

  common(program.command('user-data <image>'), { sandbox: false })
    .description('print what instances of an image are launched with, the same in every region; asks nobody')
    .option('--channel <name>', 'tell them their channel')
    .option('--out <file>', 'write it to a file')
    .option('--standalone', 'with the loader of region config, for an image that was not baked by bake')
    .addHelpText('after', examples('bake user-data api', 'bake user-data api --channel prod --out user-data.bin'))
    .action(async (image: string, options: UserDataOptions) =>
      exit(await (await import('./commands/user-data.ts')).userData(image, options, io)),
    );

  common(program.command('config'))
    .description('print the configuration as resolved')
    .addHelpText('after', examples('bake config', 'bake config --json'))
    .action(async (options: CommonOptions) => exit(await (await import('./commands/config.ts')).config(options, io)));

  common(program.command('update [images...]'))
    .description('look source AMIs up again and pin the newest in bake.lock.json')
    .option('--dry-run', 'print what would change, write nothing')
    .addHelpText('after', examples('bake update', 'bake update base --dry-run'))
    .action(async (images: string[], options: UpdateOptions) =>
      exit(await (await import('./commands/update.ts')).update(images, options, io)),
    );

  common(program.command('doctor'))
    .description('check what bake needs on this machine')
    .addHelpText('after', examples('bake doctor', 'bake doctor --json'))
    .action(async (options: CommonOptions) => exit(await (await import('./commands/doctor.ts')).doctor(options, io)));

  addPromotion(program, io, exit);
  addRegionConfig(program, io, exit);
  addState(program, io, exit);
  addSandbox(program, io, exit);
  return program;
}

function addPromotion(program: Command, io: CommandIo, exit: (code: number) => void): void {
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
      exit(await (await import('./commands/promote.ts')).promote(references, options, io)),
    );

  common(program.command('verify <image>'))
    .description('check that copies, tags, permissions and pointers of a channel are as promoted; exit code 1 when not')
    .addOption(channel())
    .option('--repair', 'mend what is not')
    .addOption(wait())
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('bake verify api --channel prod', 'bake verify api --channel prod --repair'))
    .action(async (image: string, options: VerifyOptions) =>
      exit(await (await import('./commands/verify.ts')).verify(image, options, io)),
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
      exit(await (await import('./commands/rollback.ts')).rollback(image, options, io)),
    );

  common(program.command('history <image>'))
    .description('show which versions a channel has held, and who moved it when')
    .option('--channel <name>', 'this channel alone (default: all)')
    .addHelpText('after', examples('bake history api', 'bake history api --channel prod --json'))
    .action(async (image: string, options: HistoryOptions) =>
      exit(await (await import('./commands/history.ts')).history(image, options, io)),
    );

  common(program.command('export <image>'))
    .description('print which AMI each target of a channel launches, for other tools')
    .addOption(channel())
    .addOption(new Option('--format <format>', 'cloudformation, terraform, cdk or json').default('json'))
    .addHelpText('after', examples('bake export api --channel prod --format terraform'))
    .action(async (image: string, options: ExportOptions) =>
      exit(await (await import('./commands/export.ts')).exportImage(image, options, io)),
    );
}

function addRegionConfig(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const group = program
    .command('region-config')
    .description('publish what instances load from the bucket of their own region')
    .addHelpText('after', examples('bake region-config push api', 'bake region-config check api'));
  const channel = () => new Option('--channel <name>', 'the targets of this channel alone (default: of all channels)');
  const load = () => import('./commands/region-config.ts');

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

function addState(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const group = program
    .command('state')
    .description('the bucket where records, what channels hold, and leases are kept for everybody')
    .addHelpText('after', examples('bake state init', 'bake state status'));
  const load = () => import('./commands/state.ts');

  common(group.command('init'))
    .description('show what the bucket lacks, ask, make it so, and upload the records of this machine')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('bake state init', 'bake state init --yes --json'))
    .action(async (options: StateOptions) => exit(await (await load()).init(options, io)));

  common(group.command('status'))
    .description('check the bucket, or say what is lost without one; exit code 1 when something is missing')
    .addHelpText('after', examples('bake state status', 'bake state status --json'))
    .action(async (options: StateOptions) => exit(await (await load()).status(options, io)));
}

function addSandbox(program: Command, io: CommandIo, exit: (code: number) => void): void {
  const sandbox = program
    .command('sandbox')
    .description('an EC2 on this machine: an emulated API and real machines, nothing leaves the machine')
    .addHelpText('after', examples('bake sandbox up', 'bake base --sandbox', 'bake sandbox down'));
  const verbs = [
    ['up', 'install what is missing and start it; does nothing when it is up'],
    ['down', 'stop it; images stay'],
    ['status', 'show whether it is up, its machines and its disk use'],
    ['reset', 'remove its images and machines'],
  ] as const;
  for (const [verb, description] of verbs) {
    const command = common(sandbox.command(verb), { sandbox: false }).description(description);
    if (verb === 'up') {
      command
        // In this order: alone or first, the negative one would be true where neither is given.
        .option('--machines', 'with machines (default: as it was started last, at first with them)')
        .option('--no-machines', 'emulate the API only: Packer provisions nothing');
    }
    if (verb === 'reset') command.option('--yes', 'do not ask');
    command.action(async (options: SandboxOptions) =>
      exit(await (await import('./commands/sandbox.ts')).sandbox(verb, options, io)),
    );
  }
}

function common(command: Command, { sandbox = true } = {}): Command {
  command.option('--config <file>', 'configuration file (default: bake.config.* here or above)');
  if (sandbox) command.option('--sandbox', 'use the sandbox, not AWS; starts it when it is not up');
  return command.option('--json', 'machine-readable output');
}

function baking(command: Command): Command {
  return common(command)
    .option('--dry-run', 'show the plan and stop')
    .option('--force', 'bake although nothing has changed')
    .option('--version <version>', 'version of the new image (default: by the version scheme)')
    .addOption(arch())
    .option('--with-parents', 'bake parents first where they are out of date')
    .option('--keep-on-error', 'keep the machine of a failed bake and say how to reach it')
    .addOption(frozen());
}

const arch = () => new Option('--arch <arch>', 'x86_64 or arm64 (default: all that the image is made for)');
const frozen = () => new Option('--frozen', 'fail where a source AMI is not pinned in bake.lock.json');

const examples = (...commands: string[]) => `\nExamples:\n${commands.map((line) => `  $ ${line}`).join('\n')}`;
