import { createHash } from 'node:crypto';
import type { BakeEvent } from '../../src/model/events.ts';
import type { AmiId } from '../../src/model/ids.ts';
import type { AmiState } from '../../src/model/known-image.ts';
import type { Probe } from '../../src/model/probe.ts';
import { SHELL_COMMANDS } from '../../src/render/shell-commands.ts';
import { TRY_COMMANDS } from '../../src/render/try-payload.ts';
import type { Leftovers } from '../../src/run/effects.ts';
import type {
  CopyRequest,
  LaunchRequest,
  RunOptions,
  Shell,
  ShellResult,
  ShellTarget,
  TryEffects,
} from '../../src/run/try-effects.ts';
import { NOW } from './builders.ts';
import { health, identity, probe } from './probes.ts';

/**
 * Machines on trial, without machines. What they do:
 * - A launched instance is `pending` at the first look and `running` at the next one, unless `state` says otherwise.
 * - Nobody can log in before `loginAfter` attempts; with Infinity never.
 * - The clock stands still but for sleeps, which take no time, and commands, which take `commandSeconds`.
 * - `reboot` gives the machine another boot id; its next probe is the next of `probes`, the last one staying.
 * - Each machine is told apart by its number: the probe's identity is its own unless `probes` give one.
 * - A step of a layer does what `scripts` says under its script; others pass without a word.
 * - A layer's test does what `tests` says under its name; others pass without a word.
 * - Commands are known by `TRY_COMMANDS`; an unknown one is an error of the test.
 * - No copy is there unless `copies` has one; a copy that is started is pending at the first look, then as `copyState` says.
 * - `terminate` and `removeLeftovers` end instances; `living()` tells which have not ended.
 */
export interface FakeBehaviour {
  readonly state?: string;
  readonly reason?: string;
  readonly loginAfter?: number;
  readonly console?: string;
  /** Exit code and words of the command that waits for cloud-init. */
  readonly wait?: { readonly exitCode: number; readonly stdout: string };
  readonly probes?: readonly Partial<Probe>[];
  readonly record?: object;
  readonly tests?: Readonly<Record<string, { readonly exitCode: number; readonly lines: readonly string[] }>>;
  readonly scripts?: FakeBehaviour['tests'];
  /** What laying artefacts ends with. */
  readonly artifacts?: ShellResult;
  readonly commandSeconds?: number;
  /** Called before each command: an interruption, say. */
  readonly onCommand?: (command: string) => void;
  readonly rebootHangs?: boolean;
  readonly copies?: readonly AmiId[];
  readonly copyState?: AmiState;
}

interface FakeInstance {
  readonly id: string;
  readonly number: number;
  looks: number;
  logins: number;
  boots: number;
  ended: boolean;
}

export const RECORD = { version: 1, baked: probe('builder') };
export const RECORD_DIGEST = createHash('sha256').update(JSON.stringify(RECORD)).digest('hex');

/** What `start` makes. */
export const COPY = 'ami-0c0c0c0c0c0c0c0c0' as AmiId;

export class FakeTrial {
  readonly events: BakeEvent[] = [];
  readonly launches: LaunchRequest[] = [];
  readonly tags: Record<string, string>[] = [];
  readonly commands: string[] = [];
  readonly cleared: Leftovers[] = [];
  readonly copied: CopyRequest[] = [];
  readonly removedCopies: string[] = [];
  private copyLooks = 0;
  private readonly instances: FakeInstance[] = [];
  private readonly behaviour: FakeBehaviour;
  private readonly keys = new Set<string>();
  private now = NOW.getTime();

  constructor(behaviour: FakeBehaviour = {}) {
    this.behaviour = behaviour;
  }

  living(): readonly string[] {
    return this.instances.filter(({ ended }) => !ended).map(({ id }) => id);
  }

  effects(signal: AbortSignal = new AbortController().signal): TryEffects {
    const never = () => Promise.reject(new Error('a trial has no use for this'));
    return {
      signal,
      emit: (event) => void this.events.push(event),
      clock: {
        now: () => new Date(this.now),
        sleep: async (milliseconds, until) => {
          until.throwIfAborted();
          this.now += milliseconds;
        },
      },
      images: {
        list: never,
        requireImdsV2: never,
        taggedVersions: never,
        snapshotsOf: never,
        untag: never,
        tag: async (_, tags) => void this.tags.push({ ...tags }),
      },
      copies: {
        find: async () => this.behaviour.copies?.[0],
        start: async (request) => {
          this.copied.push(request);
          return COPY;
        },
        stateOf: async () => {
          this.copyLooks += 1;
          const state = this.copyLooks === 1 ? 'pending' : (this.behaviour.copyState ?? 'available');
          return { state, reason: state === 'failed' ? this.behaviour.reason : undefined };
        },
        remove: async (name) => void this.removedCopies.push(name),
      },
      builders: {
        release: never,
        instancesOf: never,
        endOf: never,
        reservations: never,
        renew: never,
        reserve: async (name) => {
          if (this.keys.has(name)) return undefined;
          this.keys.add(name);
          return { id: 'key-1', privateKey: 'private key' };
        },
        createSecurityGroup: async () => 'sg-1',
        removeLeftovers: async (leftovers) => {
          this.cleared.push(leftovers);
          for (const instance of this.instances) instance.ended = true;
          return [];
        },
      },
      instances: {
        launch: async (request) => {
          this.launches.push(request);
          return Array.from({ length: request.count }, () => this.launch().id);
        },
        describe: async (ids) =>
          ids.map((instanceId) => {
            const instance = this.instance(instanceId);
            instance.looks += 1;
            const usual = instance.looks === 1 ? 'pending' : 'running';
            const state = instance.ended ? 'terminated' : (this.behaviour.state ?? usual);
            return { instanceId, state, address: '127.77.0.1', reason: this.behaviour.reason };
          }),
        console: async () => this.behaviour.console ?? '',
        reboot: async (id) => {
          if (!this.behaviour.rebootHangs) this.instance(id).boots += 1;
        },
        terminate: async (id) => {
          this.instance(id).ended = true;
        },
      },
      openShell: async (target) => this.shell(target),
    };
  }

  private launch(): FakeInstance {
    const number = this.instances.length + 1;
    const instance = { id: `i-${number}`, number, looks: 0, logins: 0, boots: 1, ended: false };
    this.instances.push(instance);
    return instance;
  }

  private instance(id: string): FakeInstance {
    const found = this.instances.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }

  private shell(target: ShellTarget): Shell {
    const instance = this.instance(target.instanceId);
    return {
      login: `ssh ${target.user}@${target.address}`,
      run: async (command, options) => {
        this.commands.push(command);
        this.behaviour.onCommand?.(command);
        options.signal.throwIfAborted();
        this.now += (this.behaviour.commandSeconds ?? 0) * 1000;
        return this.answer(instance, command, options);
      },
      prompt: () => Promise.reject(new Error('nobody is at a terminal')),
      disconnect: async () => {},
      close: async () => {},
    };
  }

  private answer(instance: FakeInstance, command: string, { onLine }: RunOptions): ShellResult {
    const { loginAfter = 0, wait, record = RECORD, tests = {}, scripts = {} } = this.behaviour;
    instance.logins += 1;
    if (instance.ended) return { kind: 'unreachable', because: 'it has ended' };
    if (instance.logins <= loginAfter) return { kind: 'unreachable', because: 'Connection refused' };
    const { unpack, pin, volumes, secrets, artifacts, receive } = SHELL_COMMANDS;
    if (['true', TRY_COMMANDS.unpack, unpack, pin, volumes, secrets].includes(command)) return exited('');
    if (command.startsWith(receive(''))) return exited('');
    if (command === artifacts) return this.behaviour.artifacts ?? exited('');
    if (command === TRY_COMMANDS.record) return exited(JSON.stringify(record));
    if (command === TRY_COMMANDS.bootId) return exited(`boot-${instance.boots}\n`);
    if (command === TRY_COMMANDS.probe) return exited(JSON.stringify(this.probeOf(instance)));
    if (command.includes('/run.sh wait ')) return exited(wait?.stdout ?? '', wait?.exitCode);
    const test = /\/run\.sh test \d+ \d+ '(.*)'$/.exec(command)?.[1];
    const step = /\/run\.sh step \d+ \w+ \d+ '(.*)' 2>&1$/.exec(command)?.[1];
    if (test === undefined && step === undefined) throw new Error(`unknown command ${command}`);
    const told = test === undefined ? scripts[step ?? ''] : tests[test];
    const { exitCode, lines } = told ?? { exitCode: 0, lines: [] };
    for (const line of lines) onLine?.(line);
    return exited(lines.join('\n'), exitCode);
  }

  private probeOf({ number, boots }: FakeInstance): Probe {
    const own = { identity: identity(`${number}`), health: health({ bootId: `boot-${boots}` }) };
    const { probes = [] } = this.behaviour;
    return probe(`${number}`, { ...own, ...(probes[boots - 1] ?? probes.at(-1)) });
  }
}

const exited = (stdout: string, exitCode = 0): ShellResult => ({ kind: 'exited', exitCode, stdout, stderr: '' });
