import type { Emit } from '../model/events.ts';
import type { AmiId, Architecture } from '../model/ids.ts';
import type { BuildSettings, Tags } from '../model/image.ts';
import type { AmiState, KnownImage } from '../model/known-image.ts';
import type { Volume } from '../model/volume.ts';
import type { Builders, Clock, Images } from './effects.ts';

/** Instances of ours that are no builders. */
export interface Instances {
  /** Launches `count` machines, tagged in the same call, as the image's build settings say. Repeating it launches none. */
  launch(request: LaunchRequest): Promise<readonly string[]>;
  /** Those of the ids that EC2 knows by now; an instance may be missing for seconds after its launch. */
  describe(instanceIds: readonly string[]): Promise<readonly InstanceState[]>;
  /** What the machine has printed on its console until now; empty where there is nothing yet. */
  console(instanceId: string): Promise<string>;
  reboot(instanceId: string): Promise<void>;
  /** Asks it to end, and does not wait. Not an error when it is gone. */
  terminate(instanceId: string): Promise<void>;
}

/** Copies of an image in the region of the trial, when that is another one. */
export interface Copies {
  /** A copy of this very AMI under its own name, available and ours. */
  find(known: Pick<KnownImage, 'name' | 'imageId'>): Promise<AmiId | undefined>;
  /** Starts a copy, tagged in the same call with its snapshots. Repeating it starts no second one. */
  start(request: CopyRequest): Promise<AmiId>;
  /** A copy that EC2 does not know everywhere yet is pending. */
  stateOf(imageId: AmiId): Promise<{ readonly state: AmiState; readonly reason: string | undefined }>;
  /** Removes a copy of that name, with its snapshots. Not an error when there is none. */
  remove(name: string): Promise<void>;
}

export interface CopyRequest {
  readonly source: AmiId;
  readonly sourceRegion: string;
  readonly name: string;
  readonly tags: Tags;
  /** The same for a repetition of the same copy. */
  readonly clientToken: string;
}

export interface LaunchRequest {
  readonly imageId: AmiId;
  readonly architecture: Architecture;
  readonly build: BuildSettings;
  readonly count: number;
  readonly keyPair: string;
  readonly securityGroup: string;
  readonly userData: Buffer | undefined;
  /** As a builder of these gets them, for a machine that stands for one; absent: what the AMI says. */
  readonly volumes?: readonly Volume[] | undefined;
  /** Name of the instance profile; absent: none. */
  readonly instanceProfile: string | undefined;
  readonly tags: Tags;
  /** The same for a repetition of the same launch. */
  readonly clientToken: string;
}

export interface InstanceState {
  readonly instanceId: string;
  /** EC2's word: `pending`, `running`, `terminated` … */
  readonly state: string;
  /** Where it is reached from outside: the public address if it has one. */
  readonly address: string | undefined;
  /** Why it changed its state, when EC2 tells. */
  readonly reason: string | undefined;
}

/** Where a machine is and how to log in. */
export interface ShellTarget {
  readonly instanceId: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly communicator: BuildSettings['communicator'];
  readonly region: string;
  /** File with the private key. */
  readonly keyFile: string;
  /** Lines of `type key`, as the machine itself has printed them on its console; empty where it has not yet. */
  readonly hostKeys: readonly string[];
}

/** Opens nothing yet: the first command connects. */
export type OpenShell = (target: ShellTarget) => Promise<Shell>;

/** A machine on which commands can be run. */
export interface Shell {
  /** Runs a command line; its exit code is a result. `unreachable` when the connection fails, whatever the reason. */
  run(command: string, options: RunOptions): Promise<ShellResult>;
  /** Gives this terminal to a command there, until it ends; its exit code. */
  prompt(command: string, signal: AbortSignal): Promise<number>;
  /** Ends the connection that later commands would share: after a restart it leads nowhere. */
  disconnect(): Promise<void>;
  /** How a person reaches the machine. */
  readonly login: string;
  close(): Promise<void>;
}

export interface RunOptions {
  /** Seconds after which it is given up. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly input?: Buffer;
  /** Instead of `input`: the file with what is read there, of any size. */
  readonly inputFile?: string;
  /** Every line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

export type ShellResult =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'unreachable'; readonly because: string }
  | { readonly kind: 'timed-out'; readonly stdout: string };

export interface TryEffects {
  /** Of the build region, where the status tag goes. */
  readonly images: Images;
  readonly copies: Copies;
  readonly builders: Builders;
  readonly instances: Instances;
  readonly openShell: OpenShell;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}
