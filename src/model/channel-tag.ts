import type { ChannelName } from './ids.ts';

/** Key of the status tag that says what a channel holds, where there is no state bucket. */
export const channelTag = (channel: ChannelName): string => `bake:channel/${channel}`;

/** What that tag says of the image that it is on: when it was the last to be moved to, how, and whether that came to an end. */
export interface ChannelMark {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly action: 'promote' | 'rollback';
  readonly finished: boolean;
}

const FORM = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (promote|rollback) (started|finished)$/;

/** `2026-11-20T15:04:05.123Z promote finished`. */
export const formatChannelMark = ({ at, action, finished }: ChannelMark): string =>
  `${at} ${action} ${finished ? 'finished' : 'started'}`;

/** Undefined for text of another form: the image then counts as never moved to. */
export function parseChannelMark(text: string): ChannelMark | undefined {
  const [, at = '', action, state] = FORM.exec(text) ?? [];
  if (action !== 'promote' && action !== 'rollback') return undefined;
  return { at, action, finished: state === 'finished' };
}
