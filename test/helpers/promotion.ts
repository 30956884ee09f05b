import type { Channel, ResolvedTarget } from '../../src/model/channel.ts';
import { NOT_SHARED } from '../../src/model/channel.ts';
import type { AccountId, AmiId, ChannelName, ImageName, Region, Version } from '../../src/model/ids.ts';
import type { ObservedImage, Site, Source, Traits } from '../../src/model/promotion.ts';
import { TAG } from '../../src/model/tags.ts';

export const OWN = '111122223333' as AccountId;
export const COPIER = '222233334444' as AccountId;
export const SHARER = '333344445555' as AccountId;
export const HOME = 'us-east-1' as Region;
export const IRELAND = 'eu-west-1' as Region;
export const SYDNEY = 'ap-southeast-2' as Region;
export const CHANNEL = 'prod' as ChannelName;

export const at = (account: AccountId, region: Region): Site => ({ account, region });
export const ami = (number: number): AmiId => `ami-${number.toString(16).padStart(17, '0')}` as AmiId;

export const TRAITS: Traits = {
  architecture: 'x86_64',
  rootDeviceType: 'ebs',
  rootDeviceName: '/dev/xvda',
  virtualization: 'hvm',
  bootMode: 'uefi-preferred',
  ena: true,
  imds: 'v2.0',
  devices: [{ name: '/dev/xvda', sizeGiB: 8, volumeType: 'gp3', deleteOnTermination: true }],
};

export const TAGS = {
  [TAG.project]: 'acme',
  [TAG.image]: 'api',
  [TAG.version]: '1.0.0',
  [TAG.architecture]: 'x86_64',
  [TAG.fingerprint]: 'f'.repeat(64),
  Name: 'acme/api 1.0.0',
  team: 'web',
};

export function observed(over: Partial<ObservedImage> = {}): ObservedImage {
  return {
    imageId: ami(1),
    site: at(OWN, HOME),
    name: 'acme/api/1.0.0-x86_64',
    state: 'available',
    createdAt: '2026-11-20T12:00:30.000Z',
    traits: TRAITS,
    productCodes: [],
    tags: TAGS,
    snapshots: [
      {
        snapshotId: 'snap-1',
        device: '/dev/xvda',
        state: 'completed',
        bytes: 2 ** 31,
        encrypted: false,
        tags: TAGS,
        volumePermissions: { accounts: [], public: false },
      },
    ],
    launchPermissions: NOT_SHARED,
    deregistrationProtection: 'off',
    ...over,
  };
}

export const sourceOf = (image: ObservedImage = observed()): Source => ({
  id: 'api/x86_64',
  image: 'api' as ImageName,
  version: '1.0.0' as Version,
  architecture: 'x86_64',
  ami: image,
});

export const target = (
  account: AccountId,
  region: Region,
  mode: 'copy' | 'share' = 'copy',
  kmsKey?: string,
): ResolvedTarget => ({ account, region, mode, ...(kmsKey === undefined ? {} : { kmsKey }) });

export const channelOf = (over: Partial<Channel> = {}): Channel => ({
  name: CHANNEL,
  targets: [],
  requires: { channels: [], regionConfig: false },
  approval: 'none',
  sharing: NOT_SHARED,
  pointers: { files: [] },
  deregistrationProtection: 'off',
  targetTimeLimit: 3600,
  snapshotCopies: 20,
  ...over,
});
