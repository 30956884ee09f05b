import type { Release } from '../model/release.ts';

/** A value that only the machine knows at the end of a layer; whoever applies the override reads it there. */
export type BakedValue =
  /** `sshd -T`: `passwordauthentication yes` is true. */
  | 'password-authentication'
  /** `LANG` of /etc/default/locale or /etc/locale.conf. */
  | 'locale'
  /** Where /etc/localtime leads, below /usr/share/zoneinfo: `Europe/Berlin`. */
  | 'timezone'
  /** The rules for the default user in sudoers.d/90-cloud-init-users without the user's name; null when there are none. */
  | 'default-user-sudo'
  /** Whether the default user's password in /etc/shadow is locked: it starts with `!`. */
  | 'default-user-locked'
  /**
   * Every key of the merged `apt.sources`, each with `{ source: '# …', filename: 'bake-masked.list', append: false }`:
   * a mapping cannot be taken away by a higher file, so its members are made harmless.
   */
  | 'masked-apt-sources';

/** cloud-config in which `{ $baked: … }` stands for a value read on the machine. */
export type OverrideValue =
  | null
  | boolean
  | number
  | string
  | { readonly $baked: BakedValue }
  | readonly OverrideValue[]
  | { readonly [key: string]: OverrideValue };

export type Override = { readonly [key: string]: OverrideValue };

/** Where only a part of the files counts, so that other changes to them are nobody's business. */
export type Setting =
  /** A keyword of sshd's files, in any spelling of case. */
  | { readonly kind: 'sshd-keyword'; readonly keyword: string }
  /** Accounts of people: lines of passwd, shadow and group for uid 0 and from 1000 on, less nobody. */
  | { readonly kind: 'login-accounts' };

export type Remedy =
  /**
   * Cloud-config that makes cloud-init leave the baked state alone. It goes into `cloud.cfg.d`, where mappings merge key
   * by key and lists replace the list of lower files whole: each list here is meant to.
   */
  | { readonly kind: 'override'; readonly config: Override }
  /** No override helps, or it would do harm: what to do instead, as an imperative sentence. */
  | { readonly kind: 'advice'; readonly severity: 'error' | 'warning'; readonly advice: string }
  /** What is baked there stays; the row is here because one would suspect otherwise. */
  | { readonly kind: 'stays' };

/** `instance`: when the instance id is a new one, so on the first boot of each clone. */
export type Frequency = 'instance' | 'boot';
export type BootStage = 'local' | 'network' | 'config' | 'final';

export interface CloudInitModule {
  readonly name: string;
  readonly frequency: Frequency;
  readonly stage: BootStage;
}

/** One thing that cloud-init does to what an image has. JSON: the guard on the builder reads the same rows. */
export interface ContractRow {
  /** Stable. Several rows may share it, each for other releases. */
  readonly id: string;
  readonly releases: readonly Release[];
  /** Machine paths; `*` stands for any characters but `/`, and a last segment `**` for everything below. May be empty. */
  readonly paths: readonly string[];
  readonly setting?: Setting;
  /** Absent: no module does it, but the machine's boot or `cloud-init clean` does, or nothing. */
  readonly module?: CloudInitModule;
  /** The key of the configuration, with dots between, without which the module does nothing; absent: it needs none. */
  readonly needsKey?: string;
  /** What happens to the baked state, and when: one sentence. */
  readonly effect: string;
  readonly remedy: Remedy;
  /** Where that is known from. */
  readonly source: string;
}
