import { nearest } from '../config/nearest.ts';
import { usage } from '../model/errors.ts';
import type { ChannelName } from '../model/ids.ts';
import type { Config } from '../model/image.ts';

/** The channel of this name; all without a name. */
export function chooseChannels(config: Config, name: string | undefined): ReadonlySet<ChannelName> {
  const names = [...config.channels.keys()];
  if (names.length === 0)
    throw usage(
      'the configuration has no channels',
      "Name the targets: channels: { staging: { targets: [{ regions: ['us-east-1'] }] } }",
    );
  if (name === undefined) return new Set(names);
  const chosen = names.find((known) => known === name);
  if (chosen !== undefined) return new Set([chosen]);
  const near = nearest(name, names);
  const meant = near === undefined ? '' : `Did you mean ${near}? `;
  throw usage(`there is no channel ${JSON.stringify(name)}`, `${meant}Channels are ${names.join(', ')}.`);
}
