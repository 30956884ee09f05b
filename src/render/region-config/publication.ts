import { type ResolvedTarget, targetId } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import type { ChannelName, ImageName } from '../../model/ids.ts';
import type { Variables } from '../../model/image.ts';
import { type Encryption, fillPattern, type RegionConfig } from '../../model/region-config.ts';
import { problemLines, type TargetProblem } from './problems.ts';
import { tooLarge } from './sizes.ts';
import { type RenderedObject, renderTarget } from './target.ts';

/** One target of one channel. */
export interface ChannelTarget {
  readonly channel: ChannelName;
  readonly target: ResolvedTarget;
}

/** One place in one bucket, and everything that should be there. */
export interface Publication {
  readonly target: ResolvedTarget;
  /** Several where channels share the place, and what is in it. */
  readonly channels: readonly ChannelName[];
  readonly bucket: string;
  readonly prefix: string;
  /** Absent: encrypted with keys that S3 keeps. */
  readonly kmsKey?: string;
  readonly values: Variables;
  readonly objects: readonly RenderedObject[];
}

export interface PublicationRequest {
  readonly image: ImageName;
  readonly config: RegionConfig;
  /** Of all channels: those that share a place have to agree on it, whichever of them is published. */
  readonly targets: readonly ChannelTarget[];
  readonly sources: ReadonlyMap<string, Buffer>;
}

/** Throws `config-region-config` with every problem of every target. */
export function publications({ image, config, targets, sources }: PublicationRequest): readonly Publication[] {
  const problems: TargetProblem[] = [];
  const places = new Map<string, Publication>();
  for (const { channel, target } of targets) {
    const named = { ...target, channel };
    const [bucket, prefix] = [fillPattern(config.bucket, named), fillPattern(config.prefix, named)];
    const { values, objects, problems: own } = renderTarget(config, target, channel, sources);
    const found = [...own, ...tooLarge(image, prefix, objects)];
    problems.push(...found.map((message) => ({ target: targetId(target), message })));
    const place = `${targetId(target)}/${bucket}/${prefix}`;
    const there = places.get(place);
    if (there === undefined) {
      const kmsKey = keyOf(config.encryption, target);
      const key = kmsKey === undefined ? {} : { kmsKey };
      places.set(place, { target, channels: [channel], bucket, prefix, ...key, values, objects });
    } else {
      const other = differing(there.objects, objects);
      if (other !== undefined) {
        const message = `channels ${there.channels[0]} and ${channel} have different ${other} at one place; put {channel} into bucket or prefix`;
        problems.push({ target: targetId(target), message });
      }
      places.set(place, { ...there, channels: [...there.channels, channel] });
    }
  }
  const all = [...places.values()];
  const count = new Set(targets.map(({ target }) => targetId(target))).size;
  const lines = [...missingSources(config, sources), ...problemLines([...problems, ...sharedBuckets(all)], count)];
  if (lines.length > 0) throw regionConfigInvalid(image, lines);
  return all;
}

function keyOf(encryption: Encryption, target: ResolvedTarget): string | undefined {
  if (encryption.by === 's3') return undefined;
  const key = encryption.by === 'kms' ? encryption.key : (encryption.keys[target.region] ?? '');
  return fillPattern(key, target);
}

function differing(ours: readonly RenderedObject[], theirs: readonly RenderedObject[]): string | undefined {
  const digests = new Map(theirs.map(({ name, sha256 }) => [name, sha256]));
  return ours.find(({ name, sha256 }) => digests.get(name) !== sha256)?.name;
}

/** One name is one bucket in the whole partition, and it is in one account. */
function sharedBuckets(all: readonly Publication[]): readonly TargetProblem[] {
  const owners = new Map<string, ResolvedTarget>();
  return all.flatMap(({ bucket, target }) => {
    const owner = owners.get(bucket) ?? target;
    owners.set(bucket, owner);
    if (owner.account === target.account) return [];
    const message = `bucket ${bucket} would also be that of account ${owner.account}; put {account} into its name`;
    return [{ target: targetId(target), message }];
  });
}

function missingSources({ files }: RegionConfig, sources: ReadonlyMap<string, Buffer>): readonly string[] {
  return Object.entries(files).flatMap(([name, source]) =>
    sources.has(source) ? [] : [`files.${name}: there is no file ${source}`],
  );
}

function regionConfigInvalid(image: ImageName, details: readonly string[]): BakeError {
  const count = details.length === 1 ? '1 problem' : `${details.length} problems`;
  return new BakeError({
    code: 'config-region-config',
    message: `the region config of ${image} has ${count}`,
    details,
    hint: `Correct images.${image}.regionConfig in the configuration, or its files; nothing was published.`,
    blame: 'user',
  });
}
