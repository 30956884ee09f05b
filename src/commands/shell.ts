import { usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { Config } from '../model/image.ts';
import { SHELL_COMMANDS } from '../render/shell-commands.ts';
import { endKept, endMachine, openSession, type Session, type ShellRequest } from '../run/shell/session.ts';
import { acting } from './acting.ts';
import { connect } from './connect.ts';
import { type CommandIo, type CommonOptions, print } from './io.ts';
import { loadProject } from './load-project.ts';
import { type OpenedShell, openShell, shellRequest } from './open-shell.ts';
import { setupOnStderr } from './setup-events.ts';
import { requireOwnSteps, type ShellTarget, shellTarget } from './shell-target.ts';

export interface ShellOptions extends CommonOptions {
  readonly layer?: string;
  readonly keep?: boolean;
  readonly end?: boolean;
  readonly arch?: string;
}

interface Opened {
  readonly request: ShellRequest;
  readonly session: Session;
}

/** `bake shell <image|layer>`: a machine of the sandbox as the image's parent is, to try its layers on. Registers nothing. */
export async function shell(name: string, options: ShellOptions, io: CommandIo): Promise<number> {
  const startedWith = { ...io.env };
  // It is for trying things out, which costs nothing there.
  const here = { ...options, sandbox: true };
  const config = await loadProject(here, io);
  const target = shellTarget(config, name, options);
  if (!options.end) requireOwnSteps(config, target);
  const prompts = wantsPrompt(target, options, io);
  // The reporter has gone when the prompt comes.
  const late = setupOnStderr(io);
  let emit: Emit = late;
  let opened: OpenedShell | undefined;
  let ready: Opened | undefined;
  let ended = false;
  const { exitCode } = await acting(options, io, async (acts) => {
    emit = acts.emit;
    const connected = await connect(config, here, io, emit);
    if (!connected.machines) throw noMachines();
    const latest: Emit = (event) => emit(event);
    opened = await openShell({ config, connected, mask: acts.mask, emit: latest, signal: io.signal }, target);
    if (options.end) ended = await endKept(opened, opened.effects);
    else {
      const request = await shellRequest(opened, target, { config, connected, startedWith, emit });
      ready = { request, session: await openSession(request, opened.effects) };
    }
    return new Map();
  });
  emit = late;
  if (opened === undefined || exitCode !== 0) return exitCode;
  if (options.end && !options.json) print(io, ended ? 'The machine has ended.' : 'There was no machine.');
  if (ready === undefined) return exitCode;
  const ends = prompts && ready.session.launched && !options.keep;
  try {
    if (prompts) await prompt(ready, target, config, io);
  } finally {
    await ready.session.machine.close();
    if (ends) await endMachine(ready.session.kept, ready.request, opened.effects);
  }
  if (!options.json && !ends) print(io, nextSteps(target));
  return exitCode;
}

/** Whether a person gets a prompt. Throws `usage` where nothing else was asked for and nobody is there. */
function wantsPrompt({ rerun, image }: ShellTarget, { keep, end, json }: ShellOptions, io: CommandIo): boolean {
  if (end || rerun) return false;
  const somebody = process.stdin.isTTY === true && io.stdout.isTTY === true && !json;
  if (somebody || keep) return somebody;
  throw usage(
    'there is no terminal for a prompt',
    `bake shell ${image.name} --layer <layer> runs a layer, --keep only starts the machine.`,
  );
}

async function prompt({ session, request }: Opened, target: ShellTarget, config: Config, io: CommandIo): Promise<void> {
  const at = target.layer === undefined ? undefined : target.image.layers.indexOf(target.layer) + 1;
  const layers = target.image.layers.map((name, index) => `layers/${index + 1} is ${name}`).join(', ');
  const again = `bake shell ${target.image.name} --layer ${target.layer ?? '<layer>'}`;
  io.stderr.write(
    `${config.project}/${target.image.name}: ${layers}. In another terminal, ${again} runs a layer again.\n`,
  );
  await session.machine.prompt(SHELL_COMMANDS.prompt(request.layers.length === 0 ? undefined : at));
}

const nextSteps = ({ image, layer }: ShellTarget): string =>
  [
    `bake shell ${image.name} --layer ${layer ?? '<layer>'}   runs a layer again`,
    `bake shell ${image.name}   opens a prompt there`,
    `bake shell ${image.name} --end   removes the machine`,
  ].join('\n');

const noMachines = () =>
  usage(
    'there is no machine for a shell: this sandbox emulates the API alone',
    'bake sandbox down, then bake sandbox up --machines.',
  );
