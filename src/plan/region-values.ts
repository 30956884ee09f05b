import type { Json } from '../model/image.ts';
import type { ValueChange } from '../model/publishing.ts';
import { leavesOf } from '../model/value-paths.ts';

/** What differs between two trees, path by path. */
export function changedValues(before: Json, after: Json): readonly ValueChange[] {
  const [old, now] = [new Map(leavesOf(before)), new Map(leavesOf(after))];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((path) => {
    const [from, to] = [old.get(path), now.get(path)];
    if (from === to) return [];
    return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
  });
}
