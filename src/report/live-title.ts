import { formatDuration } from './duration.ts';
import type { Row, RowState } from './live-rows.ts';
import type { Paint, Palette } from './palette.ts';
import { padEnd, plainLine, truncateEnd, truncateMiddle, widthOf } from './text.ts';

export interface TitleSpace {
  /** Columns for the whole title. */
  readonly width: number;
  /** Columns of the longest name, so that what follows is aligned. */
  readonly nameWidth: number;
  readonly paint: Palette;
}

/** A row as one line that fits: its name, its stage or end, and the time elapsed, which is never cut off. */
export function rowTitle(row: Row, now: number, { width, nameWidth, paint }: TitleSpace): string {
  const name = truncateMiddle(row.name, Math.min(nameWidth, Math.floor(width / 2)));
  const column = padEnd(name, Math.min(nameWidth, Math.floor(width / 2)));
  const elapsed = elapsedText(row, now, width);
  const room = width - widthOf(column) - 1 - (elapsed === '' ? 0 : widthOf(elapsed) + 1);
  const text = textPaint(row.state, paint)(truncateEnd(plainLine(row.text.replaceAll('\n', ' ')), Math.max(0, room)));
  return [paint.bold(column), text, paint.dim(elapsed)]
    .filter((part) => part !== '')
    .join(' ')
    .trimEnd();
}

/** `12s of 1m 24s`: the stage, and the row since its start. Narrow terminals get the stage's alone. */
function elapsedText(row: Row, now: number, width: number): string {
  if (row.startedAt === undefined) return '';
  const total = formatDuration(Math.floor((now - row.startedAt) / 1000));
  if (row.stageStartedAt === undefined) return total;
  const stage = formatDuration(Math.floor((now - row.stageStartedAt) / 1000));
  return stage === total || width < 60 ? stage : `${stage} of ${total}`;
}

function textPaint(state: RowState, paint: Palette): Paint {
  if (state === 'failed') return paint.red;
  if (state === 'cancelled') return paint.yellow;
  return state === 'reused' || state === 'waiting' ? paint.dim : (text) => text;
}
