import { nearest } from '../nearest.ts';
import { choices, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import type { WrittenConfig } from '../schema.ts';
import { copySite, type WrittenTarget, writtenTargets } from '../written-targets.ts';

export function keysFormRule({ written, report }: RuleContext): void {
  for (const [name, { targets }] of Object.entries(written.channels ?? {})) {
    for (const [position, { regions, kmsKey, kmsKeys }] of targets.entries()) {
      if (kmsKeys === undefined) continue;
      const path = ['channels', name, 'targets', position, 'kmsKeys'];
      if (kmsKey !== undefined) report(path, 'stands beside kmsKey; write one of them');
      for (const region of Object.keys(kmsKeys).filter((key) => !regions.includes(key))) {
        const message = `${show(region)} is no region of this entry, which has ${choices(regions)}`;
        report([...path, region], message, nearest(region, regions));
      }
    }
  }
  for (const target of writtenTargets(written)) {
    const { region, entry, entryPath, kmsKey } = target;
    if (entry.kmsKeys === undefined || kmsKey !== undefined || isOfBake(target, written)) continue;
    report([...entryPath, 'kmsKeys'], `has no key for ${region}; write one, or make ${region} an entry of its own`);
  }
}

/** What serves there is what a bake made, and no copy of it. */
const isOfBake = (target: WrittenTarget, { region }: WrittenConfig): boolean => copySite(target) === `own/${region}`;

const KEY_OF_REGION = /^arn:[^:]+:kms:([^:]+):(\d{12}):/;

export function keyRegionsRule({ written, inherited, report }: RuleContext): void {
  const bakedWith = new Set([...inherited.values()].map(({ rootVolume }) => rootVolume.kmsKey));
  for (const target of writtenTargets(written)) {
    const { kmsKey, keyPath, region, entry } = target;
    if (kmsKey === undefined) continue;
    const [, keyRegion] = KEY_OF_REGION.exec(kmsKey) ?? [];
    if (keyRegion !== undefined && keyRegion !== region) {
      report(keyPath, `is a key of ${keyRegion} and cannot encrypt in ${region}; write a key of ${region} (kmsKeys)`);
    } else if (isOfBake(target, written)) {
      if (bakedWith.has(kmsKey)) continue;
      report(
        keyPath,
        `would not be used in ${region}, where images are baked and not copied: bake them with it (rootVolume.kmsKey), or make ${region} an entry of its own without a key`,
      );
    } else if (/^[0-9a-f-]{32,36}$/.test(kmsKey) && kmsKey === entry.kmsKey && region !== entry.regions[0]) {
      report(keyPath, `is the id of a key of one region; write kmsKeys, or an alias that every region has`);
    }
  }
}

/** What it encrypts never leaves the account, since nobody can change its policy. */
export function managedKeyRule({ written, report }: RuleContext): void {
  for (const { channel, mode, isForeign, kmsKey, keyPath } of writtenTargets(written)) {
    if (kmsKey === undefined || !/(?:^|:)alias\/aws\//.test(kmsKey)) continue;
    const { accounts, organizations, organizationalUnits } = written.channels?.[channel]?.share ?? {};
    const isShared = [accounts, organizations, organizationalUnits].some((whom = []) => whom.length > 0);
    if (mode !== 'share' && (isForeign || !isShared)) continue;
    report(
      keyPath,
      `${show(kmsKey)} is managed by AWS, and what it encrypts cannot be shared; write a key of your own`,
    );
  }
}

export function sharedKeyRule({ written, report }: RuleContext): void {
  for (const { mode, account, kmsKey, keyPath } of writtenTargets(written)) {
    const [, , owner] = KEY_OF_REGION.exec(kmsKey ?? '') ?? [];
    if (mode !== 'share' || owner === undefined || owner !== account) continue;
    report(
      keyPath,
      `is a key of ${account}, but what is shared is our copy: write a key of our own account, whose policy lets ${account} use it`,
    );
  }
}

/** An account has one copy of an image in a region, whichever channel and target it is for. */
export function copyKeysAgreeRule({ written, report }: RuleContext): void {
  const first = new Map<string, WrittenTarget>();
  for (const target of writtenTargets(written)) {
    // Who gets the image by `share` has it as others have it encrypted.
    if ((target.mode === 'share' && target.kmsKey === undefined) || isOfBake(target, written)) continue;
    const site = copySite(target);
    const known = first.get(site);
    if (known === undefined) first.set(site, target);
    else if (known.kmsKey !== target.kmsKey) {
      const keyText = ({ kmsKey }: WrittenTarget) => (kmsKey === undefined ? 'no key' : show(kmsKey));
      report(
        target.entryPath,
        `encrypts the copy in ${target.region} with ${keyText(target)}, but channels.${known.channel} with ${keyText(known)}, and it is one copy; write the same key`,
      );
    }
  }
}
