import type { Device, ObservedImage, TraitDifference, Wanted } from '../../model/promotion.ts';

/** What the source has and the copy has not, or has otherwise. A copy may be encrypted where the source is not: the region's default. */
export function compareTraits(
  { source: { ami }, kmsKey }: Pick<Wanted, 'source' | 'kmsKey'>,
  copy: ObservedImage,
): readonly TraitDifference[] {
  const { devices, ...plain } = ami.traits;
  const { devices: copied, ...copiedPlain } = copy.traits;
  const state = { state: copy.state === 'disabled' ? 'available' : copy.state };
  return [
    ...differences('', state, { state: copy.state }),
    ...differences('', plain, copiedPlain),
    ...compareDevices(devices, copied),
    ...compareEncryption(ami, copy, kmsKey),
  ];
}

function compareDevices(source: readonly Device[], copy: readonly Device[]): readonly TraitDifference[] {
  const names = new Set([...source, ...copy].map(({ name }) => name));
  return [...names].toSorted().flatMap((name) => {
    const [before, after] = [source, copy].map((devices) => devices.find((device) => device.name === name));
    if (before !== undefined && after !== undefined) return differences(`${name} `, before, after);
    const says = (device: Device | undefined): string => (device === undefined ? 'none' : `${device.sizeGiB} GiB`);
    return [{ trait: name, source: says(before), copy: says(after) }];
  });
}

function differences(prefix: string, source: object, copy: object): readonly TraitDifference[] {
  const after = new Map<string, unknown>(Object.entries(copy));
  const before = new Map<string, unknown>(Object.entries(source));
  const says = (value: unknown): string => (value === undefined ? 'none' : String(value));
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((trait) => {
    if (before.get(trait) === after.get(trait)) return [];
    return [{ trait: `${prefix}${trait}`, source: says(before.get(trait)), copy: says(after.get(trait)) }];
  });
}

function compareEncryption(source: ObservedImage, copy: ObservedImage, kmsKey?: string): readonly TraitDifference[] {
  return copy.snapshots.flatMap(({ device, encrypted, kmsKey: used }) => {
    const before = source.snapshots.find((snapshot) => snapshot.device === device);
    const trait = `${device} encryption`;
    if (kmsKey !== undefined && !(encrypted && isKey(used, kmsKey))) {
      return [{ trait, source: kmsKey, copy: encrypted ? (used ?? 'another key') : 'none' }];
    }
    return before?.encrypted === true && !encrypted ? [{ trait, source: 'encrypted', copy: 'none' }] : [];
  });
}

/** Which key is behind an alias, only KMS could tell. */
export function isKey(used: string | undefined, wanted: string): boolean {
  if (used === undefined || /(?:^|:)alias\//.test(wanted)) return true;
  return used === wanted || used.endsWith(`:key/${wanted}`);
}
