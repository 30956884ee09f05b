import type { AmiId, Architecture, CloneId, ImageName, Region, Version } from './ids.ts';

/**
 * `lost`: a baked setting is no longer as baked. `failed`: something must hold on every machine and does not.
 * `changed`: it differs and may, for the reason given.
 */
export type CheckStatus = 'ok' | 'lost' | 'failed' | 'changed';

export interface Check {
  /** `sshd/passwordauthentication`; stable, for scripts. */
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  readonly expected?: string;
  readonly found?: string;
  /** Why a difference is allowed, or what a failure means. */
  readonly reason?: string;
  /** The layer that put the file there. */
  readonly layer?: string;
}

/** One of a layer's own tests, `layers/<layer>/test/<name>`. */
export interface TestResult {
  readonly layer: string;
  readonly name: string;
  readonly ok: boolean;
  /** Undefined when its time was up. */
  readonly exitCode: number | undefined;
  readonly seconds: number;
  /** Its last lines. */
  readonly output: readonly string[];
}

/** A machine as it was after one start. */
export interface BootReport {
  readonly boot: number;
  readonly kernel: string;
  /** From the start of the kernel until systemd was done. */
  readonly bootSeconds: number | null;
  readonly checks: readonly Check[];
}

export interface CloneReport {
  readonly id: CloneId;
  readonly instanceId: string;
  readonly boots: readonly BootReport[];
  readonly tests: readonly TestResult[];
}

/** What a trial found out; the result of `bake try`. */
export interface TrialReport {
  readonly version: 1;
  readonly image: ImageName;
  readonly imageVersion: Version;
  readonly architecture: Architecture;
  readonly imageId: AmiId;
  /** Where it was tried. */
  readonly region: Region;
  /** sha256 of the user-data; null when there was none. */
  readonly userData: string | null;
  readonly clones: readonly CloneReport[];
  /** Between the clones, and between them and the builder. */
  readonly checks: readonly Check[];
}

export type Findings = Pick<TrialReport, 'clones' | 'checks'>;

export const isBad = ({ status }: Check): boolean => status === 'lost' || status === 'failed';

/** Every check of a trial, with the machine and the boot that it is about. */
export function checksOf(report: Findings): readonly { readonly at: string; readonly check: Check }[] {
  const ofClones = report.clones.flatMap(({ id, boots }) =>
    boots.flatMap(({ boot, checks }) => checks.map((check) => ({ at: `${id} boot ${boot}`, check }))),
  );
  return [...ofClones, ...report.checks.map((check) => ({ at: 'clones', check }))];
}

/** `2 settings lost, 1 check failed, 1 test failed`; empty when all is well. A setting lost twice counts once. */
export function troubleText(report: Findings): string {
  const bad = checksOf(report).filter(({ check }) => isBad(check));
  const count = (status: CheckStatus) =>
    new Set(bad.filter(({ check }) => check.status === status).map(({ check }) => check.id)).size;
  const tests = report.clones.flatMap((clone) => clone.tests).filter(({ ok }) => !ok).length;
  const parts = [
    [count('lost'), 'baked setting', 'lost'],
    [count('failed'), 'check', 'failed'],
    [tests, 'test', 'failed'],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, noun, verb]) => `${number} ${noun}${number === 1 ? '' : 's'} ${verb}`)
    .join(', ');
}
