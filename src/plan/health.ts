import type { ErrorSummary } from '../model/errors.ts';

/** One thing that `bake doctor` has looked at. */
export interface HealthCheck {
  readonly name: string;
  /** `warning`: bakes go on, only slower or not for long. `skipped`: not looked at, and why. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found. */
  readonly detail: string;
  /** What to type or change next. */
  readonly hint?: string;
}

/** A folder that bake writes to. */
export interface FolderFacts {
  readonly path: string;
  /** Undefined: it cannot be told. */
  readonly freeBytes: number | undefined;
  readonly writable: boolean;
}

/** How an endpoint answered that was asked for nothing. */
export type EndpointFacts =
  | { readonly url: string; readonly trouble: string }
  | { readonly url: string; readonly answered: number; readonly theirs: number | undefined; readonly ours: number };

export interface QuotaFacts {
  /** vCPUs of running on-demand instances of the standard families. */
  readonly limit: number;
  readonly used: number;
}

const GIB = 1024 ** 3;
/** A bake writes its log, its rendered template and its payload. */
const LEAST = GIB / 4;
/** The sandbox's machines: an image and two overlays. */
const ENOUGH = 5 * GIB;

export function diskCheck(folders: readonly FolderFacts[]): HealthCheck {
  const name = 'disk';
  const closed = folders.find(({ writable }) => !writable);
  if (closed !== undefined) {
    const hint = 'Give it to your user, or name other folders: XDG_CACHE_HOME, XDG_DATA_HOME.';
    return { name, status: 'failed', detail: `${closed.path} cannot be written`, hint };
  }
  const known = folders.flatMap(({ path, freeBytes }) => (freeBytes === undefined ? [] : [{ path, freeBytes }]));
  const [tightest] = known.sort((a, b) => a.freeBytes - b.freeBytes);
  if (tightest === undefined) return { name, status: 'skipped', detail: 'the free space cannot be told' };
  const detail = `${(tightest.freeBytes / GIB).toFixed(1)} GiB free at ${tightest.path}`;
  if (tightest.freeBytes >= ENOUGH) return { name, status: 'ok', detail };
  const hint = 'Make room: bake sandbox status shows what the sandbox uses, which may need 5 GiB and more.';
  return { name, status: tightest.freeBytes < LEAST ? 'failed' : 'warning', detail, hint };
}

/** `because`: why machines of the sandbox are emulated; undefined: the hardware runs them. */
export function accelerationCheck(because: string | undefined): HealthCheck {
  const name = 'kvm';
  if (because === undefined) return { name, status: 'ok', detail: "the hardware can run the sandbox's machines" };
  const hint = because.includes('/dev/kvm')
    ? 'Let your user open it: sudo usermod -aG kvm $USER, then log in again.'
    : 'The sandbox works, only slower; on AWS it does not matter.';
  return { name, status: 'warning', detail: `the sandbox's machines are emulated, ten times slower: ${because}`, hint };
}

export function networkCheck(facts: EndpointFacts): HealthCheck {
  const name = 'network';
  if ('answered' in facts) return { name, status: 'ok', detail: `${facts.url} answers` };
  const hint = 'Check the network, AWS_ENDPOINT_URL and the region.';
  return { name, status: 'failed', detail: `${facts.url} does not answer: ${facts.trouble}`, hint };
}

/** Milliseconds by which a clock may be wrong: AWS refuses what was signed more than five minutes ago, or later. */
const REFUSED = 300_000;
const DOUBTFUL = 60_000;

export function clockCheck(facts: EndpointFacts): HealthCheck {
  const name = 'clock';
  if (!('answered' in facts) || facts.theirs === undefined) {
    return { name, status: 'skipped', detail: 'nobody told the time' };
  }
  const off = facts.ours - facts.theirs;
  const seconds = Math.round(Math.abs(off) / 1000);
  const detail = seconds <= 2 ? 'right' : `${seconds} s ${off > 0 ? 'ahead of' : 'behind'} ${facts.url}`;
  if (seconds * 1000 < DOUBTFUL) return { name, status: 'ok', detail };
  const hint = 'Set the clock (timedatectl set-ntp true): AWS refuses calls when it is wrong by five minutes.';
  return { name, status: seconds * 1000 >= REFUSED ? 'failed' : 'warning', detail, hint };
}

export function regionCheck(region: string, state: string | undefined): HealthCheck {
  const name = 'region';
  if (state === undefined) {
    return { name, status: 'failed', detail: `there is no region ${region}`, hint: 'Correct `region`.' };
  }
  if (state !== 'not-opted-in') return { name, status: 'ok', detail: `${region} is enabled` };
  const hint = `Enable it: aws account enable-region --region-name ${region}. Or correct \`region\`.`;
  return { name, status: 'failed', detail: `${region} is not enabled for the account`, hint };
}

/** `wanted`: vCPUs of the largest builder, and of all that may run at once. */
export function quotaCheck(
  { limit, used }: QuotaFacts,
  wanted: { readonly one: number; readonly all: number },
): HealthCheck {
  const name = 'quota';
  const free = limit - used;
  const detail = `${used} of ${limit} vCPUs are in use`;
  if (free < wanted.one) {
    const hint =
      'Have it raised (Service Quotas, EC2, Running On-Demand Standard instances), or end what is not needed.';
    return { name, status: 'failed', detail: `${detail}, and a builder takes ${wanted.one}`, hint };
  }
  if (free >= wanted.all) return { name, status: 'ok', detail };
  const hint = `Bake less at once: limits: { vcpus: ${free} } in the configuration. Or have the quota raised.`;
  return { name, status: 'warning', detail: `${detail}, and builders may take ${wanted.all} at once`, hint };
}

export const failedCheck = (name: string, { message, hint }: ErrorSummary): HealthCheck => ({
  name,
  status: 'failed',
  detail: message,
  ...(hint === undefined ? {} : { hint }),
});

export const skippedCheck = (name: string, detail: string): HealthCheck => ({ name, status: 'skipped', detail });
