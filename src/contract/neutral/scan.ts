import { SKIPPED } from './places.ts';
import type { NeutralRow } from './row.ts';
import { COMMENT, HINTS, NEUTRAL_ROWS } from './rows.ts';

export interface RegionalMatch {
  readonly row: NeutralRow;
  readonly match: string;
}

const compiled = NEUTRAL_ROWS.map((row) => ({ row, pattern: new RegExp(row.pattern, 'gi') }));
const hint = new RegExp(HINTS.join('|'), 'i');
const comment = new RegExp(COMMENT);
const skipped = new RegExp(SKIPPED.join('|'), 'i');

/** Whether a file at this path on the machine is looked at. */
export const isLookedAt = (path: string): boolean => !skipped.test(path);

/** What is of one region in a line, in the order in which it stands there. Of rows that overlap, the earlier one has it. */
export function regionalIn(line: string): readonly RegionalMatch[] {
  if (!hint.test(line) || comment.test(line)) return [];
  const found: (RegionalMatch & { readonly start: number })[] = [];
  let rest = line;
  for (const { row, pattern } of compiled) {
    rest = rest.replace(pattern, (match: string, start: number) => {
      found.push({ row, match, start });
      return ' '.repeat(match.length);
    });
  }
  return found.toSorted((a, b) => a.start - b.start);
}
