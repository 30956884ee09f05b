import { Command } from 'commander';
import type { CommandIo } from '../commands/io.ts';
import { toolVersion } from '../commands/tool-version.ts';
import { addBaking } from './baking.ts';
import { addCi } from './ci.ts';
import { addCompletion } from './completion.ts';
import { addExplain } from './explain.ts';
import { addIam } from './iam.ts';
import { addImages } from './images.ts';
import { addInnerLoop } from './inner-loop.ts';
import { addNightly } from './nightly.ts';
import { examples } from './options.ts';
import { addProject } from './project.ts';
import { addPromotion } from './promotion.ts';
import { addPrune } from './prune.ts';
import { addRegionConfig } from './region-config.ts';
import { addSandbox } from './sandbox.ts';
import { addState } from './state.ts';
import { addSweep } from './sweep.ts';

/** The whole command line. Each action loads its module when it runs, so that `--help` costs nothing. */
export function createProgram(io: CommandIo, exit: (code: number) => void): Command {
  const program = new Command('bake')
    .description('Plan, bake, version and try a hierarchy of Amazon Machine Images with Packer.')
    .version(toolVersion(), '-V, --version', 'print the version of bake')
    // Otherwise `bake service api --version 1.4.2` would print the version of bake.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    // Long terms leave less than the forty columns below which nothing would be wrapped.
    .configureHelp({ minWidthToWrap: 16 })
    .showHelpAfterError('(add --help for the options and examples)')
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .addHelpText('after', examples('bake plan', 'bake base', 'bake service api', 'bake list'))
    .addHelpText('after', '\nWithout an AWS account: add --sandbox, or set BAKE_SANDBOX=1.');

  for (const [heading, verbs] of GROUPS) {
    program.commandsGroup(heading);
    for (const add of verbs) add(program, io, exit);
  }
  return program;
}

type Add = (program: Command, io: CommandIo, exit: (code: number) => void) => void;

/** As `bake --help` shows them. */
const GROUPS: readonly (readonly [heading: string, verbs: readonly Add[]])[] = [
  ['Bake and try:', [addBaking, addNightly, addInnerLoop]],
  ['Look at images:', [addImages, addExplain]],
  ['Ship them:', [addPromotion, addRegionConfig]],
  ['Keep the account tidy:', [addPrune, addSweep, addState]],
  ['Work on a project:', [addProject, addIam, addCi]],
  ['This machine:', [addSandbox, addCompletion]],
];
