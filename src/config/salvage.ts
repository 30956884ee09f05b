import type { Path } from './problems.ts';
import { type WrittenConfig, writtenSchema } from './schema.ts';

/** Stand in for required keys, so that one malformed key does not hide the problems of the others. */
const PLACEHOLDERS = { project: 'project', region: 'us-east-1', images: {} } satisfies WrittenConfig;

/** What is left of a configuration once the malformed parts are taken out; undefined when too little is. */
export function salvage(value: unknown, malformed: readonly Path[]): WrittenConfig | undefined {
  const sound = malformed.reduce<unknown>((left, path) => without(left, path), value);
  const salvaged = isRecord(sound) ? { ...PLACEHOLDERS, ...sound } : PLACEHOLDERS;
  return writtenSchema.safeParse(salvaged).success ? (salvaged as WrittenConfig) : undefined;
}

/** Takes out what is at the path; for a missing key, what should have it; for a list's element, the whole list. */
function without(value: unknown, path: Path, depth = 0): unknown {
  const key = path[depth];
  if (key === undefined || !isRecord(value)) return undefined;
  if (!Object.hasOwn(value, key)) return depth === 0 ? value : undefined;
  const { [key]: taken, ...others } = value;
  const left = without(taken, path, depth + 1);
  if (left !== undefined) return { ...value, [key]: left };
  // A malformed image still exists for those that name it as their parent.
  const isImage = depth === 1 && path[0] === 'images';
  return isImage ? { ...value, [key]: {} } : others;
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
