import type { Json, Variables } from './image.ts';

/** What is at `database.host`; undefined where there is nothing. */
export function valueAt(values: Variables, path: string): Json | undefined {
  return path.split('.').reduce<Json | undefined>((at, name) => {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined;
    return (at as Variables)[name];
  }, values);
}

/** Every value that is no object or list itself, with its path: `database.host`, `pools.0.size`. */
export function leavesOf(value: Json, path: readonly string[] = []): readonly (readonly [path: string, leaf: Json])[] {
  if (typeof value !== 'object' || value === null) return [[path.join('.'), value]];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]));
}

/** Of every value that is no object itself. A list is one value here, as it is in an environment. */
export function pathsOf(values: Json, path: readonly string[] = []): readonly string[] {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return [path.join('.')];
  return Object.entries(values).flatMap(([name, member]) => pathsOf(member, [...path, name]));
}

/** As the loader sees it: whatever is no text at all in `values.env`, where a list's members are joined by commas. */
export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length < 2 && value.every((member) => member === null || member === '');
  return Object.values(value).every(isEmpty);
}
