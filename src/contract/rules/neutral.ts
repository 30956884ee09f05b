import type { Finding } from '../../model/finding.ts';
import { isLookedAt, type RegionalMatch, regionalIn } from '../neutral/scan.ts';
import { linesOf, type Touch } from '../touch.ts';
import { finding, type Rule } from './rule.ts';

/** What a layer lays or writes that is of one region: clones of the image run in others. */
export const neutralRule: Rule = (reading) =>
  reading.touches.flatMap((touch): readonly Finding[] => {
    if (touch.verb === 'remove' || !isLookedAt(touch.path)) return [];
    return writtenLines(touch).flatMap(({ text, line }) =>
      regionalIn(text).map((found) => ({
        ...finding(reading, found.row.id, 'error', { ...touch, line }, messageOf(found), fixOf(found)),
        match: found.match,
        key: found.row.key,
      })),
    );
  });

/** Other words of a command are what it reads, such as where it downloads from: that does not land on the machine. */
function writtenLines(touch: Touch): readonly { readonly text: string; readonly line: number }[] {
  if (touch.content !== undefined) return [...linesOf(touch)];
  return touch.verb === 'edit' ? [{ text: replacements(touch.command ?? ''), line: touch.line }] : [];
}

/** Of `s/old/new/` and `/old/d` only what comes in counts. */
const replacements = (command: string): string =>
  command
    .replaceAll(/(^|[\s;'"{/])s([/|,#@!:])(?:\\.|(?!\2).)*\2/g, '$1')
    .replaceAll(/(^|\s)\/(?:\\.|[^/\s])*\//g, '$1');

export const messageOf = ({ match, row }: RegionalMatch): string =>
  `${match} is ${row.what}: a clone in another region reaches across regions, or fails`;

export const fixOf = ({ row }: RegionalMatch): string =>
  row.key === 'region'
    ? 'leave it out: an instance knows its region, and templates of region config have {{region}}'
    : `put it into regionConfig as ${row.key}, with a value for each region, and read it from what is loaded there at boot`;
