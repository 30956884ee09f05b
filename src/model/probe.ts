/** Group (`sshd`, `users` …) → name → value as text. Equal text means an equal setting. */
export type Settings = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a machine says about itself: the output of `templates/try/probe.py`, which says where each value comes from. */
export interface Probe {
  readonly version: 1;
  readonly settings: Settings;
  readonly identity: Identity;
  readonly health: Health;
}

/** What no two machines may share, and who may log in. Secrets are digests, empty for a file that is not there. */
export interface Identity {
  readonly instanceId: string;
  readonly machineId: string;
  readonly randomSeed: string;
  /** Type (`ed25519`) → fingerprint, `SHA256:…`. */
  readonly hostKeys: Readonly<Record<string, string>>;
  /** User → fingerprints of the keys that log in as that user. */
  readonly authorizedKeys: Readonly<Record<string, readonly string[]>>;
  /** Fingerprints of the keys that the metadata service gave to the instance. */
  readonly launchKeys: readonly string[];
}

export interface Health {
  /** Another one after each start of the kernel. */
  readonly bootId: string;
  /** From the start of the kernel until systemd was done; null while it is not. */
  readonly bootSeconds: number | null;
  readonly kernel: string;
  /** systemd's word: `running`, `degraded` … */
  readonly systemState: string;
  readonly failedUnits: readonly string[];
  readonly cloudInit: {
    readonly status: 'done' | 'error' | 'running' | 'disabled';
    readonly errors: readonly string[];
    readonly recoverable: readonly string[];
  };
}

/** A probe from its parsed JSON; undefined for anything else, another version included. */
export function probeOf(value: unknown): Probe | undefined {
  const probe = value as Partial<Probe> | null | undefined;
  if (probe?.version !== 1 || !probe.settings || !probe.identity || !probe.health) return undefined;
  return probe as Probe;
}
