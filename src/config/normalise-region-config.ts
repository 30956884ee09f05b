import type { ImageName } from '../model/ids.ts';
import type { Encryption, RegionConfig } from '../model/region-config.ts';
import { DEFAULTS } from './defaults.ts';
import { parseDuration } from './durations.ts';
import { isNever, type WrittenRegionConfig } from './region-config-schema.ts';
import { sound } from './sound.ts';

export function regionConfigOf(image: ImageName, written: WrittenRegionConfig): RegionConfig {
  const { regionConfig: defaults } = DEFAULTS;
  const refresh = written.refresh ?? defaults.refresh;
  const { service, instanceProfile } = written;
  return {
    bucket: sound(written.bucket),
    prefix: written.prefix ?? image,
    encryption: encryptionOf(written.encryption),
    files: written.files ?? {},
    values: written.values ?? {},
    regionValues: written.regionValues ?? {},
    accountValues: written.accountValues ?? {},
    channelValues: written.channelValues ?? {},
    required: written.required ?? [],
    secrets: written.secrets ?? [],
    ...(instanceProfile === undefined ? {} : { instanceProfile }),
    ...(service === undefined ? {} : { service }),
    onChange: written.onChange ?? (service === undefined ? 'none' : defaults.onChange),
    policy: written.policy ?? defaults.policy,
    group: written.group ?? defaults.group,
    refresh: isNever(refresh) ? 0 : sound(parseDuration(refresh)),
    deadline: sound(parseDuration(written.deadline ?? defaults.deadline)),
  };
}

function encryptionOf(written: WrittenRegionConfig['encryption']): Encryption {
  if (written === undefined || written === 's3') return { by: 's3' };
  return 'kmsKey' in written ? { by: 'kms', key: written.kmsKey } : { by: 'kms-per-region', keys: written.kmsKeys };
}
