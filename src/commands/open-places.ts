import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AwsConnection } from '../aws/connection.ts';
import { wrongAccount } from '../aws/errors.ts';
import { isFault } from '../config/faults.ts';
import { loadConfig } from '../config/load.ts';
import { type ResolvedTarget, targetId } from '../model/channel.ts';
import { type BakeError, usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { AccountId, ChannelName } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import type { PlaceId } from '../model/publishing.ts';
import { fillPattern, hasContent, type RegionConfig } from '../model/region-config.ts';
import { TAG } from '../model/tags.ts';
import { type ChannelTarget, type Publication, publications } from '../render/region-config/publication.ts';
import { type Place, placeId } from '../run/region-config/place.ts';
import { chooseChannels } from './choose-channels.ts';
import { connect } from './connect.ts';
import { type CommandIo, type CommonOptions, configOption } from './io.ts';
import { orAborted } from './or-aborted.ts';
import { selectImages } from './selection.ts';

export interface ChannelOptions extends CommonOptions {
  readonly channel?: string;
}

/** A place that is reached when it is opened: a role that cannot be assumed is the trouble of its targets alone. */
export interface ClosedPlace {
  readonly id: PlaceId;
  readonly publication: Publication;
  open(): Promise<Place>;
}

/** Everything that should be published for the image, and the way to where it should be. */
export async function openPlaces(
  name: string,
  options: ChannelOptions,
  io: CommandIo,
  emit: Emit,
): Promise<readonly ClosedPlace[]> {
  const config = await loadConfig(configOption(options, io));
  const [image] = selectImages(config, [name]);
  if (image?.regionConfig === undefined || !hasContent(image.regionConfig)) throw nothingToPublish(name);
  const { regionConfig } = image;
  const chosen = chooseChannels(config, options.channel);
  const sources = await readSources(config, regionConfig);
  const { connection } = await connect(config, options, io, emit);
  const { callerAccount } = await import('../aws/identity.ts');
  const caller = await orAborted(io.signal, callerAccount(connection));
  const targets = sharing(resolveTargets(config, caller), chosen, regionConfig);
  const all = publications({ image: image.name, config: regionConfig, targets, sources });
  return all.map((publication) => closedPlace({ config, image, regionConfig, publication, connection, caller }));
}

function resolveTargets(config: Config, caller: AccountId): readonly ChannelTarget[] {
  return [...config.channels.values()].flatMap(({ name, targets }) =>
    targets.map((target) => ({ channel: name, target: { ...target, account: target.account ?? caller } })),
  );
}

/** The targets of the channels chosen, and those of others that share a place with them. */
function sharing(
  all: readonly ChannelTarget[],
  chosen: ReadonlySet<ChannelName>,
  { bucket, prefix }: RegionConfig,
): readonly ChannelTarget[] {
  const placeOf = ({ target, channel }: ChannelTarget) =>
    `${targetId(target)}/${fillPattern(`${bucket}/${prefix}`, { ...target, channel })}`;
  const places = new Set(all.filter(({ channel }) => chosen.has(channel)).map(placeOf));
  return all.filter((one) => places.has(placeOf(one)));
}

/** What is not there is left out: with all other problems it is told by whoever renders. */
async function readSources(config: Config, { files }: RegionConfig): Promise<ReadonlyMap<string, Buffer>> {
  const read = Object.values(files).map(async (source) => {
    try {
      return [[source, await readFile(join(config.root, source))] as const];
    } catch (error) {
      if (isFault(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return [];
      throw error;
    }
  });
  return new Map((await Promise.all(read)).flat());
}

interface Closed {
  readonly config: Config;
  readonly image: Image;
  readonly regionConfig: RegionConfig;
  readonly publication: Publication;
  readonly connection: AwsConnection;
  readonly caller: AccountId;
}

function closedPlace({ config, image, regionConfig, publication, connection, caller }: Closed): ClosedPlace {
  const id = placeId(regionConfig, publication);
  const { target, bucket, kmsKey } = publication;
  const tags = { ...image.tags, [TAG.project]: config.project };
  return {
    id,
    publication,
    async open() {
      const { createRegionBucket } = await import('../aws/region-bucket.ts');
      const reached = await reach(target, connection, caller, image);
      return {
        id,
        image: image.name,
        publication,
        bucket: createRegionBucket(reached, { target, bucket, kmsKey, tags }),
      };
    },
  };
}

async function reach(
  target: ResolvedTarget,
  connection: AwsConnection,
  caller: AccountId,
  image: Image,
): Promise<AwsConnection> {
  const there: AwsConnection = { ...connection, region: target.region };
  if (target.role !== undefined) {
    const { assumeRole } = await import('../aws/identity.ts');
    // Not in the target's region: the STS of one that has to be enabled knows only accounts that have enabled it.
    return { ...there, credentials: await assumeRole(connection, target.role, `bake-region-config-${image.name}`) };
  }
  if (target.account !== caller) throw wrongAccount(target, caller);
  return there;
}

const nothingToPublish = (name: string): BakeError =>
  usage(
    `${name} has no region config to publish`,
    `Write values or files: images.${name}.regionConfig in the configuration.`,
  );
