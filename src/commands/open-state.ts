import type { Config } from '../model/image.ts';
import { fillPattern } from '../model/region-config.ts';
import { TAG } from '../model/tags.ts';
import type { Images } from '../run/effects.ts';
import type { ChannelStates } from '../run/promote-effects.ts';
import { recordsPrefix } from '../run/state/bucket-records.ts';
import { createChannelStates } from '../run/state/channel-states.ts';
import type { StatePlace } from '../run/state/place.ts';
import { createTaggedStates } from '../run/state/tagged-states.ts';
import type { Connected } from './connect.ts';

/** The state bucket, whether it is there or not; undefined: the configuration names none. */
export async function openState(config: Config, { connection }: Connected): Promise<StatePlace | undefined> {
  const { state, project } = config;
  if (state === undefined) return undefined;
  const { region, prefix, kmsKey, keepDays } = state;
  const [{ callerAccount }, { createRegionBucket }] = await Promise.all([
    import('../aws/identity.ts'),
    import('../aws/region-bucket.ts'),
  ]);
  const account = await callerAccount(connection);
  const bucket = fillPattern(state.bucket, { region, account });
  const of = { target: { account, region }, bucket, kmsKey };
  const tags = { [TAG.project]: project };
  const lifecycle = { prefix, expires: recordsPrefix(prefix), days: keepDays };
  return { project, of, prefix, bucket: createRegionBucket({ ...connection, region }, { ...of, tags, lifecycle }) };
}

/** What channels hold: in the state bucket where the configuration names one, else in tags of the images. */
export async function openChannelStates(config: Config, connected: Connected, images: Images): Promise<ChannelStates> {
  const place = await openState(config, connected);
  return place === undefined ? createTaggedStates(images, config.project) : createChannelStates(place);
}
