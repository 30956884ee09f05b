import type { AccountId, ChannelName } from './ids.ts';
import type { Tags } from './image.ts';
import { TAG } from './tags.ts';

const GRANT = 'bake:grant/';
const PREFIXES = [GRANT, 'bake:channel/', TAG.retired];

/** Tags of what has become of an image: mutable, never copied, never compared. */
export const isStatusTag = (key: string): boolean =>
  key === TAG.bad || key === TAG.tried || PREFIXES.some((prefix) => key.startsWith(prefix));

/** Identity tags and users' tags: what every copy has too. Nobody but AWS can write `aws:`. */
export function lastingTags(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !isStatusTag(key) && !key.startsWith('aws:')));
}

/** Says that permissions of that account on the image are there for a copy, and by which channel. */
export const grantKey = (account: AccountId, channel: ChannelName): string => `${GRANT}${account}/${channel}`;

export interface Grant {
  readonly key: string;
  readonly account: AccountId;
  readonly channel: ChannelName;
  /** What is taken back; `kept` and anything unknown: nothing. */
  readonly takesBack: string;
}

/** Value of a grant whose permissions are wanted for good. */
export const KEPT = 'kept';

export function grantsIn(tags: Tags): readonly Grant[] {
  return Object.entries(tags).flatMap(([key, takesBack]) => {
    if (!key.startsWith(GRANT)) return [];
    const [account = '', channel = ''] = key.slice(GRANT.length).split('/');
    return [{ key, account: account as AccountId, channel: channel as ChannelName, takesBack }];
  });
}
