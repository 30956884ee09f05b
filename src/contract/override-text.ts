import type { Override, OverrideValue } from './row.ts';

/** An override as a person reads it: `apt: {preserve_sources_list: true}`, several keys with commas between. */
export function overrideText(override: Override): string {
  return members(override);
}

const members = (value: { readonly [key: string]: OverrideValue }): string =>
  Object.entries(value)
    .map(([key, member]) => `${key}: ${flow(member)}`)
    .join(', ');

function flow(value: OverrideValue): string {
  if (isList(value)) return `[${value.map(flow).join(', ')}]`;
  if (value === null || typeof value !== 'object') return value === '' ? "''" : String(value);
  return isBaked(value) ? '<as baked>' : `{${members(value)}}`;
}

const isList = (value: OverrideValue): value is readonly OverrideValue[] => Array.isArray(value);

const isBaked = (value: object): boolean => '$baked' in value;

/** The settings of an override one by one, each with the keys that lead to it; `$baked` values are undefined. */
export function leavesOf(override: Override, path: readonly string[] = []): readonly Leaf[] {
  return Object.entries(override).flatMap(([key, value]): readonly Leaf[] => {
    const at = [...path, key];
    if (value === null || typeof value !== 'object' || isList(value)) return [{ path: at, value }];
    if (isBaked(value)) return [{ path: at, value: undefined }];
    return leavesOf(value as Override, at);
  });
}

export interface Leaf {
  readonly path: readonly string[];
  readonly value: OverrideValue | undefined;
}
