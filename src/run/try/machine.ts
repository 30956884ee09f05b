import { hostKeysOnConsole, lastConsoleLines } from '../../model/console.ts';
import type { BakeError } from '../../model/errors.ts';
import type { CloneId } from '../../model/ids.ts';
import type { RunOptions, Shell, ShellResult, ShellTarget, TryEffects } from '../try-effects.ts';
import { commandFailed, foreignHostKey, instanceEnded, noLogin, notRestarted } from './errors.ts';

/** Seconds that a single command of ours may take: none of them is long, but emulated machines are slow. */
const COMMAND_LIMIT = 300;
/** Seconds for one attempt to log in. */
const LOGIN_LIMIT = 30;
/** Milliseconds between two attempts to log in. */
const RETRY = 2_000;
const ENDED = new Set(['shutting-down', 'terminated', 'stopping', 'stopped']);

/** A running machine on trial: what is done on it goes through here, and fails with its console's last lines. */
export class TrialMachine {
  readonly id: CloneId;
  readonly instanceId: string;
  private readonly target: ShellTarget;
  private shell: Shell;
  private readonly effects: TryEffects;

  private constructor(id: CloneId, target: ShellTarget, shell: Shell, effects: TryEffects) {
    this.id = id;
    this.instanceId = target.instanceId;
    this.target = target;
    this.shell = shell;
    this.effects = effects;
  }

  static async open(id: CloneId, target: ShellTarget, effects: TryEffects): Promise<TrialMachine> {
    return new TrialMachine(id, target, await effects.openShell(target), effects);
  }

  get login(): string {
    return this.shell.login;
  }

  close(): Promise<void> {
    return this.shell.close();
  }

  /** Waits for the first login. Throws `no-login`, `instance-ended`. */
  async connect(seconds: number): Promise<void> {
    const refused = await this.retry('true', seconds, ({ exitCode }) => exitCode === 0);
    if (refused !== undefined) throw noLogin(await this.stuck(), this.target.communicator, seconds, refused);
  }

  /**
   * From now on only the machine that wrote the console is talked to, if it has printed its host keys there: the first
   * connection trusts whoever answers. Throws `foreign-host-key`.
   */
  async pinHostKey(): Promise<void> {
    const hostKeys = hostKeysOnConsole(await this.effects.instances.console(this.instanceId));
    if (hostKeys.length === 0) return;
    const pinned = await this.effects.openShell({ ...this.target, hostKeys });
    await this.shell.close();
    this.shell = pinned;
    const result = await this.attempt('true', COMMAND_LIMIT);
    if (result.kind === 'unreachable') throw foreignHostKey(await this.stuck(), result.because);
  }

  /** A command that ends with an exit code; that is the caller's to judge. Throws `try-command-failed`. */
  async run(what: string, command: string, options: Partial<RunOptions> = {}) {
    const result = await this.attempt(command, COMMAND_LIMIT, options);
    if (result.kind === 'exited') return result;
    const said = result.kind === 'timed-out' ? 'its time was up' : result.because;
    throw commandFailed(await this.stuck(), what, [said]);
  }

  /** A command that must succeed; its standard output. Throws `try-command-failed`. */
  async output(what: string, command: string, options: Partial<RunOptions> = {}): Promise<string> {
    const result = await this.run(what, command, options);
    if (result.exitCode === 0) return result.stdout;
    throw await this.failed(what, [`exit code ${result.exitCode}`, `${result.stdout}\n${result.stderr}`]);
  }

  /** `try-command-failed`, with the last lines of what was said. */
  async failed(what: string, [because, said]: readonly [string, string]): Promise<BakeError> {
    return commandFailed(await this.stuck(), what, [because, ...lastConsoleLines(said)]);
  }

  attempt(command: string, seconds: number, options: Partial<RunOptions> = {}): Promise<ShellResult> {
    return this.shell.run(command, { seconds, signal: this.effects.signal, ...options });
  }

  /** Gives this terminal to a command there, until it ends; its exit code. */
  prompt(command: string): Promise<number> {
    return this.shell.prompt(command, this.effects.signal);
  }

  /** Restarts the machine and waits until another boot answers. Throws `not-restarted`, `instance-ended`. */
  async restart(bootIdCommand: string, bootId: string, seconds: number): Promise<void> {
    await this.shell.disconnect();
    await this.effects.instances.reboot(this.instanceId);
    const isNew = ({ exitCode, stdout }: { exitCode: number; stdout: string }) =>
      exitCode === 0 && stdout.trim() !== bootId;
    const said = await this.retry(bootIdCommand, seconds, isNew);
    if (said !== undefined) throw notRestarted(await this.stuck(), seconds, said);
  }

  /** What an error about this machine tells. The console is a help: that it cannot be read must not hide the error. */
  async stuck() {
    const console = await this.effects.instances.console(this.instanceId).catch(() => '');
    return { id: this.id, instanceId: this.instanceId, console: lastConsoleLines(console) };
  }

  /** Until a result is good; undefined then, else what was the matter when time was up. */
  private async retry(
    command: string,
    seconds: number,
    isGood: (result: Extract<ShellResult, { kind: 'exited' }>) => boolean,
  ): Promise<string | undefined> {
    const { clock, signal } = this.effects;
    const deadline = clock.now().getTime() + seconds * 1000;
    for (;;) {
      const result = await this.attempt(command, LOGIN_LIMIT);
      if (result.kind === 'exited' && isGood(result)) return undefined;
      await this.assertAlive();
      if (clock.now().getTime() >= deadline) return wordsOf(result);
      await clock.sleep(RETRY, signal);
    }
  }

  private async assertAlive(): Promise<void> {
    const [found] = await this.effects.instances.describe([this.instanceId]);
    if (found === undefined || !ENDED.has(found.state)) return;
    throw instanceEnded(await this.stuck(), found.state, found.reason);
  }
}

function wordsOf(result: ShellResult): string {
  switch (result.kind) {
    case 'unreachable':
      return result.because;
    case 'timed-out':
      return 'the connection stands and nothing answers';
    case 'exited':
      return (result.stderr || result.stdout).trim() || `exit code ${result.exitCode}`;
  }
}
