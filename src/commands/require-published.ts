import { BakeError } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { Region } from '../model/ids.ts';
import { type Image, instanceProfileOf } from '../model/image.ts';
import { hasContent } from '../model/region-config.ts';
import { bucketProblem } from '../run/region-config/errors.ts';
import { currentManifest } from '../run/region-config/manifests.ts';
import type { Place } from '../run/region-config/place.ts';
import type { Connected } from './connect.ts';
import type { CommandIo } from './io.ts';
import { type ChannelOptions, openPlaces } from './open-places.ts';
import { orAborted } from './or-aborted.ts';

/**
 * Before a machine of the image is launched: what it will load is there. Otherwise its service would hold back, and the
 * trial would find that minutes later. Throws `region-config-unpublished`, `region-config-no-profile`.
 */
export async function requirePublished(
  image: Image,
  region: Region,
  connected: Connected,
  options: ChannelOptions,
  io: CommandIo,
  emit: Emit,
): Promise<void> {
  if (image.regionConfig === undefined || !hasContent(image.regionConfig)) return;
  if (instanceProfileOf(image) === undefined) throw noProfile(image);
  const { callerAccount } = await import('../aws/identity.ts');
  const places = await openPlaces(image.name, options, io, emit);
  const account = await orAborted(io.signal, callerAccount(connected.connection));
  const here = places.filter(({ publication: { target } }) => target.region === region && target.account === account);
  if (here.length === 0) throw unpublished(image, `no channel has ${account}/${region}`, region);
  for (const closed of here) {
    const missing = await orAborted(io.signal, closed.open().then(missingAt));
    if (missing !== undefined) throw unpublished(image, missing, region);
  }
}

async function missingAt(place: Place): Promise<string | undefined> {
  const { bucket } = place.publication;
  const found = await place.bucket.find();
  if (found.at === 'nowhere') return `there is no bucket ${bucket}`;
  if (found.at !== 'there') throw bucketProblem(place, found);
  const { manifest } = await currentManifest(place);
  return manifest === undefined ? `bucket ${bucket} has none` : undefined;
}

function unpublished({ name }: Image, because: string, region: Region): BakeError {
  return new BakeError({
    code: 'region-config-unpublished',
    message: `instances of ${name} find no region config in ${region}: ${because}`,
    hint: `Publish it: bake region-config push ${name} (with --create-buckets the first time). Or launch with a user-data of your own: --user-data FILE.`,
    blame: 'user',
  });
}

function noProfile({ name }: Image): BakeError {
  return new BakeError({
    code: 'region-config-no-profile',
    message: `instances of ${name} load region config, and no instance profile is named by which they may`,
    hint: `Name it: images.${name}.regionConfig.instanceProfile. docs/region-config.md says what its role needs.`,
    blame: 'user',
  });
}
