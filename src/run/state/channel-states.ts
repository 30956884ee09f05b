import type { ChannelName, ImageName } from '../../model/ids.ts';
import type { ChannelState, ChannelStates } from '../promote-effects.ts';
import { stateOfAnother, stateUnreadable } from './errors.ts';
import { jsonObject, type StatePlace } from './place.ts';

/** Moves that are remembered; the bucket keeps older versions of the object for a while. */
const MOST_MOVES = 200;

/** In the state bucket, `channels/<channel>/<image>.json`, written over what was read and nothing else. */
export function createChannelStates(place: StatePlace): ChannelStates {
  const keyOf = (channel: ChannelName, image: ImageName) => `${place.prefix}channels/${channel}/${image}.json`;
  return {
    async read(channel, image) {
      const key = keyOf(channel, image);
      const stored = await place.bucket.read(key);
      if (stored === undefined) return undefined;
      const { state, version } = parseChannelState(stored.content.toString('utf8'));
      if (state === undefined) throw stateUnreadable(place, key, version);
      if (state.channel !== channel || state.image !== image) throw stateOfAnother(place, key, state);
      return { state, etag: stored.etag };
    },
    async write(state, etag) {
      const kept = { ...state, moves: state.moves.slice(0, MOST_MOVES) };
      const object = jsonObject(keyOf(state.channel, state.image), kept);
      return (await place.bucket.writeOver(etag, object)) !== undefined;
    },
  };
}

/** Undefined for text that is none; `version` tells what version it would be of. */
function parseChannelState(text: string): { readonly state?: ChannelState; readonly version?: unknown } {
  let document: Partial<ChannelState> | null;
  try {
    document = JSON.parse(text) as Partial<ChannelState> | null;
  } catch {
    return {};
  }
  const { version, channel, image, moves } = document ?? {};
  const sound =
    version === 1 &&
    typeof channel === 'string' &&
    typeof image === 'string' &&
    Array.isArray(moves) &&
    moves.every(isMove);
  return sound ? { state: document as ChannelState } : { version };
}

function isMove(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { imageVersion, action, amis, at, by, run, finished } = value as Record<string, unknown>;
  return (
    [imageVersion, at, by, run].every((text) => typeof text === 'string') &&
    (action === 'promote' || action === 'rollback') &&
    typeof amis === 'object' &&
    amis !== null &&
    typeof finished === 'boolean'
  );
}
