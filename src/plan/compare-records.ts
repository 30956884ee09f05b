import { canonicalJson } from '../model/canonical-json.ts';
import type { GuardedChange, GuardedSetting, PackageChange } from '../model/comparison.ts';
import type { BakeRecord, InstalledPackages } from '../model/record.ts';
import type { ImageState } from './image-state.ts';
import { comparePackageVersions } from './package-versions.ts';

/** Packages that differ, by name. */
export function packageChanges(before: InstalledPackages, after: InstalledPackages): readonly PackageChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): PackageChange[] => {
    const [from, to] = [before[name], after[name]];
    if (from === to) return [];
    if (from === undefined) return to === undefined ? [] : [{ name, change: 'added', to }];
    if (to === undefined) return [{ name, change: 'removed', from }];
    const order = comparePackageVersions(newest(to), newest(from));
    return [{ name, change: order === 0 ? 'changed' : order > 0 ? 'upgraded' : 'downgraded', from, to }];
  });
}

/** Of several versions side by side. */
function newest(versions: string): string {
  return versions.split(', ').reduce((best, one) => (comparePackageVersions(one, best) > 0 ? one : best));
}

/**
 * Guarded settings that differ, those of ancestors' layers among them; undefined where a record of the lineage is not at
 * hand, or tells of no machine.
 */
export function guardedChanges(before: ImageState, after: ImageState): readonly GuardedChange[] | undefined {
  const [from, to] = [guardedIn(before), guardedIn(after)];
  if (from === undefined || to === undefined) return undefined;
  const keys = [...new Set([...from.keys(), ...to.keys()])].sort();
  return keys.flatMap((key): GuardedChange[] => {
    const [old, now] = [from.get(key), to.get(key)];
    const { row, layer, paths } = (now ?? old) as Guarded;
    if (old === undefined) return now === undefined ? [] : [{ change: 'added', row, layer, paths, to: now.setting }];
    if (now === undefined) return [{ change: 'removed', row, layer, paths, from: old.setting }];
    if (canonicalJson(old.setting) === canonicalJson(now.setting)) return [];
    return [{ change: 'changed', row, layer, paths, from: old.setting, to: now.setting }];
  });
}

interface Guarded {
  readonly row: string;
  readonly layer: string;
  readonly paths: readonly string[];
  readonly setting: GuardedSetting;
}

/** By row, layer and paths: in which file a setting is kept depends on the layer's place, and is nobody's concern. */
function guardedIn(state: ImageState): ReadonlyMap<string, Guarded> | undefined {
  const found = new Map<string, Guarded>();
  for (let at: ImageState | undefined = state; at !== undefined; at = at.parent) {
    if (at.record?.machine === undefined) return undefined;
    for (const one of guardedOf(at.record)) found.set([one.row, one.layer, ...one.paths].join('\0'), one);
  }
  return found;
}

function guardedOf({ protected: kept = [], unprotected = [] }: BakeRecord): readonly Guarded[] {
  return [
    ...kept.map(({ row, layer, paths, override }) => ({ row, layer, paths, setting: { override } })),
    ...unprotected.map(({ row, layer, paths, effect }) => ({ row, layer, paths, setting: { effect } })),
  ];
}
