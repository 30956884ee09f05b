import type { Architecture } from '../model/ids.ts';
import type { Image } from '../model/image.ts';
import type { PackerOutcome } from './effects.ts';
import type { StageTracker } from './stages.ts';

/** Where a builder is launched. */
export interface BuildPlace {
  readonly instanceType: string;
  readonly subnet?: string;
}

/** What EC2 had against a builder, by its code, and what may be better. */
export interface Trouble {
  readonly code: string;
  /** `type`: another instance type. `subnet`: another subnet. `place`: either. `time`: the same again, later. */
  readonly remedy: 'type' | 'subnet' | 'place' | 'time';
}

/** Attempts at one image, the first one included. */
export const MOST_ATTEMPTS = 5;

/** EC2's codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const AT_LAUNCH: Readonly<Record<string, Trouble['remedy']>> = {
  InsufficientInstanceCapacity: 'place',
  InsufficientHostCapacity: 'place',
  InsufficientCapacity: 'place',
  UnfulfillableCapacity: 'place',
  SpotMaxPriceTooLow: 'place',
  MaxSpotInstanceCountExceeded: 'type',
  VcpuLimitExceeded: 'type',
  InstanceLimitExceeded: 'type',
  Unsupported: 'place',
  InsufficientFreeAddressesInSubnet: 'subnet',
};
const THROTTLED = ['RequestLimitExceeded', 'ThrottlingException', 'Throttling'];

/** A fleet's errors, which spot instances come from, arrive without their codes. */
const IN_WORDS: readonly (readonly [RegExp, code: string])[] = [
  [/no Spot capacity available|do not have sufficient .* capacity/i, 'InsufficientInstanceCapacity'],
  [/lower than the minimum required Spot request fulfillment price/i, 'SpotMaxPriceTooLow'],
  [/Max spot instance count exceeded/i, 'MaxSpotInstanceCountExceeded'],
  [/requested more vCPU capacity than your current vCPU limit/i, 'VcpuLimitExceeded'],
];

type Failure = Extract<PackerOutcome, { status: 'failed' }>;

/** What EC2 said, as Packer tells it; undefined where it is something else that failed. */
export function troubleOf({ errors }: Failure, failure: ReturnType<StageTracker['failure']>): Trouble | undefined {
  if (!isOfEc2(failure)) return undefined;
  const says = (code: string): boolean => errors.some((line) => new RegExp(`\\b${code}\\b`).test(line));
  if (failure.stage === undefined || failure.stage.name === 'launch') {
    const worded = IN_WORDS.find(([words]) => errors.some((line) => words.test(line)))?.[1];
    const code = Object.keys(AT_LAUNCH).find(says) ?? worded;
    const remedy = code === undefined ? undefined : AT_LAUNCH[code];
    if (code !== undefined && remedy !== undefined) return { code, remedy };
  }
  const throttled = THROTTLED.find(says);
  return throttled === undefined ? undefined : { code: throttled, remedy: 'time' };
}

/** By the reason that EC2 gives for the end of a builder: spot instances are taken away, others may find no room while they start. */
export function troubleOfEnd(reason: string | undefined): Trouble | undefined {
  const match = /^Server\.((?:Spot|InsufficientInstanceCapacity).*)$/.exec(reason ?? '');
  return match?.[1] === undefined ? undefined : { code: match[1], remedy: 'place' };
}

/** What a script or one of our checks found stays as it is, wherever it runs; and their output may say anything. */
export function isOfEc2({
  step,
  unclean,
  leaked,
  unpinned,
  regional,
  unfinishedAfter,
  unlaid,
}: ReturnType<StageTracker['failure']>): boolean {
  const found = unclean.length + leaked.length + unpinned.length + regional.length;
  return step === undefined && found === 0 && unfinishedAfter === undefined && unlaid === undefined;
}

/** In the order in which they are tried: every subnet with the first instance type, then with the next one. */
export function placesOf({ build }: Image, architecture: Architecture): readonly BuildPlace[] {
  const { subnets } = build.network;
  return build.instanceTypes[architecture].flatMap((instanceType) =>
    subnets.length === 0 ? [{ instanceType }] : subnets.map((subnet) => ({ instanceType, subnet })),
  );
}

/** Where the next attempt is made; undefined: nowhere. */
export function nextPlace(
  places: readonly BuildPlace[],
  last: BuildPlace,
  { code, remedy }: Trouble,
): BuildPlace | undefined {
  if (remedy === 'time') return last;
  const at = places.indexOf(last);
  const better = (place: BuildPlace): boolean =>
    remedy === 'place' || (remedy === 'type' ? place.instanceType !== last.instanceType : place.subnet !== last.subnet);
  const next = places.slice(at + 1).find(better);
  // A quota has room again when other builders end, and a spot instance that was taken away was to be had before.
  if (next === undefined && (remedy === 'type' || code.startsWith('SpotInstance'))) return places[0];
  return next;
}

/** Seconds before an attempt: none in a place that is new, ever more in one that was tried already. */
export const pauseBefore = (attempt: number, wasTried: boolean, pollSeconds: number): number =>
  wasTried ? 3 * pollSeconds * (attempt - 1) : 0;
