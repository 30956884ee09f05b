import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Path, Report } from './problems.ts';

/** What node shows for bytes that are not UTF-8. */
export const REPLACEMENT = '\uFFFD';

/**
 * Reports text that could not arrive as it is written, in whatever value or key: UTF-8 has no half characters, paths,
 * environments and tags have no NUL. The text itself is not shown: it may be a secret in the wrong place.
 */
export function reportUnwritable(
  value: unknown,
  report: Report,
  path: Path = [],
  within: readonly unknown[] = [],
): void {
  if (typeof value === 'string') reportText(value, path, report);
  if (typeof value !== 'object' || value === null || within.includes(value)) return;
  for (const [key, member] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    const at = [...path, key];
    if (typeof key === 'string') reportText(key, at, report);
    if (key === '__proto__') report(at, 'is a key with a meaning of its own in JavaScript; choose another one');
    else reportUnwritable(member, report, at, [...within, value]);
  }
}

function reportText(text: string, path: Path, report: Report): void {
  if (/\p{Surrogate}/u.test(text)) report(path, 'has half of a character (a lone surrogate), which UTF-8 cannot hold');
  if (text.includes('\0')) report(path, 'has a NUL character, which no path, environment or tag can hold');
}

/** Whether text that was read from a file stands for other bytes than the file has. */
export const isMisread = (file: string, text: string): boolean =>
  text.includes(REPLACEMENT) && !isUtf8(readFileSync(file));
