/**
 * `over` wins key by key: plain objects merge, everything else (lists too) is replaced whole. `null` is a value,
 * `undefined` counts as not written.
 */
export function mergeDeep<T extends object>(under: T, over: T): T {
  const merged = new Map<string, unknown>(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged.get(key);
    merged.set(key, isMergeable(below) && isMergeable(value) ? mergeDeep(below, value) : value);
  }
  return Object.fromEntries(merged) as T;
}

function isMergeable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
