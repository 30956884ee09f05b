import { fillPattern, isObjectName, OBJECT_NAME_RULE } from '../../model/region-config.ts';
import { choices, type Path, type Report, show } from '../problems.ts';
import type { WrittenRegionConfig } from '../region-config-schema.ts';
import type { RuleContext } from '../rules.ts';
import { type WrittenTarget, writtenTargets } from '../written-targets.ts';
import { BUCKET, BUCKET_RULE } from './bucket-names.ts';
import { hasKnownPlaceholders, isWithinProject, OUTSIDE_PROJECT } from './patterns.ts';

const BUCKET_PLACEHOLDERS = ['region', 'account', 'channel'];
const PREFIX_PLACEHOLDERS = ['channel'];

export function regionBucketRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { regionConfig: own }] of Object.entries(written.images)) {
    if (own === undefined) continue;
    const path = ['images', name, 'regionConfig', 'bucket'];
    const { bucket } = inherited.get(name)?.regionConfig ?? {};
    if (bucket === undefined) report(path, "is required, such as 'acme-config-{account}-{region}'");
    else if (own.bucket !== undefined) {
      const sound = hasKnownPlaceholders(path, bucket, BUCKET_PLACEHOLDERS, report);
      if (!bucket.includes('{region}')) {
        report(path, `${show(bucket)} lacks {region}: bucket names are global, and every region has its own`);
      } else if (sound) reportNames(path, bucket, writtenTargets(written), written.region, report);
    }
  }
}

/** As the name would be at each target; at the configuration's own region where there are no channels. */
function reportNames(
  path: Path,
  bucket: string,
  targets: readonly WrittenTarget[],
  region: string,
  report: Report,
): void {
  const sample = { region, account: undefined, channel: 'channel' };
  const names = (targets.length === 0 ? [sample] : targets).map((target) =>
    fillPattern(bucket, { ...target, account: target.account ?? '0'.repeat(12) }),
  );
  const wrong = names.find((name) => !BUCKET.test(name));
  if (wrong !== undefined) report(path, `becomes ${show(wrong)}, which is not ${BUCKET_RULE}`);
}

export function regionPrefixRule({ written, report }: RuleContext): void {
  for (const [name, { regionConfig: own }] of Object.entries(written.images)) {
    if (own?.prefix === undefined) continue;
    const path = ['images', name, 'regionConfig', 'prefix'];
    if (!hasKnownPlaceholders(path, own.prefix, PREFIX_PLACEHOLDERS, report)) continue;
    const filled = own.prefix.replaceAll('{channel}', 'channel');
    if (!isObjectName(filled)) report(path, `${show(own.prefix)} is not a prefix: ${OBJECT_NAME_RULE}, and {channel}`);
  }
}

/** Two images that write to one place would take each other's manifest for their own. */
export function regionPlaceRule({ written, inherited, report }: RuleContext): void {
  const first = new Map<string, string>();
  for (const name of Object.keys(written.images)) {
    const { bucket, prefix = name, ...rest } = inherited.get(name)?.regionConfig ?? {};
    if (bucket === undefined || !publishes(rest)) continue;
    const place = `${bucket}/${prefix}`;
    const other = first.get(place);
    if (other === undefined) first.set(place, name);
    else report(['images', name, 'regionConfig', 'prefix'], `${show(prefix)} is that of ${other}, in the same bucket`);
  }
}

/** An image may only say where its children's is. */
function publishes(written: WrittenRegionConfig): boolean {
  const { files, values, regionValues, accountValues, channelValues } = written;
  return [files, values, regionValues, accountValues, channelValues].some((part = {}) => Object.keys(part).length > 0);
}

export function regionFilesRule({ written, inherited, report }: RuleContext): void {
  for (const [image, { regionConfig: own }] of Object.entries(written.images)) {
    const all = Object.keys(inherited.get(image)?.regionConfig?.files ?? {});
    const ours = own?.files ?? {};
    for (const [name, source] of Object.entries(ours)) {
      const path = ['images', image, 'regionConfig', 'files', name];
      if (!isObjectName(name)) report(path, `${show(name)} is not a name of a file; names are ${OBJECT_NAME_RULE}`);
      const within = all.find((other) => other.startsWith(`${name}/`));
      if (within !== undefined) report(path, `${show(name)} cannot be a file and the folder of ${show(within)}`);
      // One of the image's own is told at its own place.
      const above = all.find((other) => name.startsWith(`${other}/`) && !Object.hasOwn(ours, other));
      if (above !== undefined) report(path, `${show(name)} cannot be in ${show(above)}, which is a file of a parent`);
      if (!isWithinProject(source)) report(path, `${show(source)} ${OUTSIDE_PROJECT}`);
    }
  }
}

export function regionServiceRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { regionConfig: own }] of Object.entries(written.images)) {
    const { onChange, service } = inherited.get(name)?.regionConfig ?? {};
    const path = ['images', name, 'regionConfig', 'onChange'];
    if (own?.onChange === undefined) continue;
    if (typeof onChange === 'string' && onChange !== 'none' && service === undefined) {
      report(path, `${show(onChange)} needs the unit that it is done to; write images.${name}.regionConfig.service`);
    }
    if (typeof onChange === 'object' && !onChange.command[0]?.startsWith('/')) {
      report([...path, 'command'], `${show(onChange.command[0])} is not the absolute path of a program`);
    }
  }
}

export function regionKeysRule({ written, inherited, report }: RuleContext): void {
  const regions = new Set(writtenTargets(written).map(({ region }) => region));
  for (const [name, { regionConfig: own }] of Object.entries(written.images)) {
    const { encryption } = inherited.get(name)?.regionConfig ?? {};
    if (own?.encryption === undefined || typeof encryption !== 'object' || !('kmsKeys' in encryption)) continue;
    const without = [...regions].filter((region) => !Object.hasOwn(encryption.kmsKeys, region));
    if (without.length === 0) continue;
    report(['images', name, 'regionConfig', 'encryption', 'kmsKeys'], `has no key for ${choices(without)}`);
  }
}
