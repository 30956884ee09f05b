import { ALWAYS_ALLOWED, type Call } from './actions.ts';
import type { Row } from './row.ts';
import { BUCKETS } from './table/buckets.ts';
import { COPIES, IMAGES_MADE, POINTERS } from './table/images.ts';
import { KEEPING } from './table/keeping.ts';
import { KEYS } from './table/keys.ts';
import { MACHINES, SESSIONS } from './table/machines.ts';

/** Every call that bake and Packer make, by what it is for, and what it may reach. A new call needs a row here. */
export const TABLE: readonly Row[] = [
  ...MACHINES,
  ...SESSIONS,
  ...IMAGES_MADE,
  ...COPIES,
  ...POINTERS,
  ...KEYS,
  ...BUCKETS,
  ...KEEPING,
];

export const KNOWN_CALLS: ReadonlySet<Call> = new Set([...ALWAYS_ALLOWED, ...TABLE.flatMap(({ calls }) => calls)]);
