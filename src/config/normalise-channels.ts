import type { Channel, PointerPatterns, Requirements, Sharing, Target } from '../model/channel.ts';
import { type ChannelName, parseAccountId, parseChannelName, parseRegion } from '../model/ids.ts';
import type { WrittenChannel } from './channel-schema.ts';
import { DEFAULTS } from './defaults.ts';
import { parseAge, parseDays, parseDuration } from './durations.ts';
import type { WrittenChannels } from './schema.ts';
import { sound } from './sound.ts';
import { copySite, type WrittenTarget, writtenTargets } from './written-targets.ts';

export function channelsOf(written: WrittenChannels = {}): ReadonlyMap<ChannelName, Channel> {
  const targets = writtenTargets({ channels: written });
  const keys = new Map(targets.flatMap((target) => (target.kmsKey === undefined ? [] : [keyOf(target)])));
  const channels = Object.entries(written).map(([name, channel]) => {
    const own = targets.filter((target) => target.channel === name);
    return channelOf(
      name,
      channel,
      own.map((target) => targetOf(target, keys.get(copySite(target)))),
    );
  });
  return new Map(channels.map((channel) => [channel.name, channel]));
}

const keyOf = (target: WrittenTarget) => [copySite(target), target.kmsKey] as const;

function channelOf(name: string, written: WrittenChannel, targets: readonly Target[]): Channel {
  const { approval, share, deprecateAfter, targetTimeLimit, snapshotCopies } = written;
  const { channel: defaults } = DEFAULTS;
  return {
    name: sound(parseChannelName(name)),
    targets,
    requires: requirementsOf(written.requires),
    approval: approval ?? defaults.approval,
    sharing: sharingOf(share),
    pointers: pointersOf(written.pointers),
    ...(deprecateAfter === undefined ? {} : { deprecateAfterDays: sound(parseDays(deprecateAfter)) }),
    deregistrationProtection: protectionOf(written.deregistrationProtection),
    targetTimeLimit: sound(parseDuration(targetTimeLimit ?? defaults.targetTimeLimit)),
    snapshotCopies: snapshotCopies ?? defaults.snapshotCopies,
  };
}

/** `copyKey`: of the copy that serves the target. Whoever has it by `share` gets ours as other targets have it encrypted. */
function targetOf({ account, role, region, mode }: WrittenTarget, copyKey: string | undefined): Target {
  return {
    ...(account === undefined ? {} : { account: sound(parseAccountId(account)) }),
    ...(role === undefined ? {} : { role }),
    region: sound(parseRegion(region)),
    mode,
    ...(copyKey === undefined ? {} : { kmsKey: copyKey }),
  };
}

function requirementsOf(written: WrittenChannel['requires'] = []): Requirements {
  const { channels = [], tried = false, regionConfig = false } = 'length' in written ? { channels: written } : written;
  return {
    channels: channels.map((name) => sound(parseChannelName(name))),
    ...(tried === false ? {} : { tried: tried === true ? {} : { within: sound(parseAge(tried.within)) } }),
    regionConfig,
  };
}

function sharingOf(written: WrittenChannel['share'] = {}): Sharing {
  const { accounts = [], organizations = [], organizationalUnits = [], public: isPublic = false } = written;
  return {
    accounts: accounts.map((id) => sound(parseAccountId(id))),
    organizations,
    organizationalUnits,
    public: isPublic,
  };
}

function pointersOf({ parameter, launchTemplate, files = [] }: WrittenChannel['pointers'] = {}): PointerPatterns {
  return {
    ...(parameter === undefined ? {} : { parameter }),
    ...(launchTemplate === undefined ? {} : { launchTemplate }),
    files,
  };
}

function protectionOf(
  written: WrittenChannel['deregistrationProtection'] = false,
): Channel['deregistrationProtection'] {
  if (typeof written === 'string') return written;
  return written ? 'on' : 'off';
}
