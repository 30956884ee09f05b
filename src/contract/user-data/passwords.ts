import type { Json } from '../../model/image.ts';
import { CloudConfig, isMapping } from '../cloud-config.ts';

type Place = readonly [path: readonly string[], value: Json | undefined];

/** Lines, from 1, where a cloud-config has a password, in plain text or as a hash. What it is must not be told. */
export function passwordLines(text: string): readonly number[] {
  const config = new CloudConfig(text);
  const { password, chpasswd, user, users } = config.value;
  const places: readonly Place[] = [
    [['password'], password],
    ...membersOf(['chpasswd', 'list'], config.at(['chpasswd', 'list'])),
    ...membersOf(['chpasswd', 'users'], isMapping(chpasswd) ? chpasswd.users : undefined).flatMap(ofUser),
    ...ofUser([['user'], user]),
    ...membersOf(['users'], users).flatMap(ofUser),
  ];
  const lines = places.filter(([, value]) => isPassword(value)).map(([path]) => config.lineOf(path));
  return [...new Set(lines)].sort((a, b) => a - b);
}

/** Of a list or a mapping, or of a text with one in each line. */
function membersOf(path: readonly string[], value: Json | undefined): readonly Place[] {
  if (typeof value === 'string') return value.split('\n').map((line) => [path, line]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, member]) => [[...path, key], member]);
}

/** cloud-init takes hyphens here as well. */
const KEYS = /^(?:password|passwd|(?:plain[_-]text|hashed)[_-]passwd)$/;

function ofUser([path, value]: Place): readonly Place[] {
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, member]): readonly Place[] =>
    KEYS.test(key) ? [[[...path, key], member]] : [],
  );
}

/** `name:password` in lists of chpasswd. `*` and `!` lock a user, `R` and `RANDOM` let the machine choose, `{{ }}` is filled in. */
function isPassword(value: Json | undefined): boolean {
  if (typeof value === 'number') return true;
  return typeof value === 'string' && !/^\s*(?:[\w.-]+:)?(?:[*!]*|R|RANDOM)\s*$|\{\{/.test(value);
}
