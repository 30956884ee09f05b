import type { ErrorSummary } from '../model/errors.ts';
import { type BakeEvent, isFinish } from '../model/events.ts';
import { withoutId } from './describe.ts';
import { errorDetails, formatError } from './error.ts';
import { eventLine } from './event-line.ts';
import { createPalette } from './palette.ts';
import { differenceLines } from './publishing.ts';

/** What cannot be said in a row, for below the frame. */
export interface Notes {
  take(event: BakeEvent): void;
  /** What was taken since the last time, as lines. */
  drain(): readonly string[];
}

/** More than anybody reads; a run that warns without end must not fill the memory. */
const MOST = 100;

export function createNotes(color: boolean): Notes {
  const paint = createPalette(color);
  const kept: string[] = [];
  const shown = new Set<string>();
  let left = 0;
  let logs: string | undefined;

  const keep = (lines: readonly string[]): void => {
    if (kept.length < MOST) kept.push(...lines);
    else left += 1;
  };

  return {
    take(event) {
      if (event.type === 'run-started') logs = event.logs;
      if (event.type === 'warning') {
        const about = event.id === undefined ? '' : `${event.id}: `;
        keep([`${paint.yellow('Warning:')} ${about}${event.warning.message}`, ...hintLines(event.warning.hint)]);
      }
      if (event.type === 'place-planned') keep([eventLine(event, paint), ...differenceLines(event.plan, paint)]);
      if (isFinish(event) && event.outcome.status === 'failed') {
        keep(failure(event.id, event.outcome.error));
      }
      if (event.type === 'kept') keep([`${paint.bold(event.id)} kept ${event.instanceId}: ${event.login}`]);
      if (event.type === 'result') keep(resultLines(event.error));
    },
    drain() {
      const lines = [...kept, ...(left === 0 ? [] : [paint.dim(`… and ${left} more`)])];
      kept.length = 0;
      left = 0;
      return lines;
    },
  };

  function failure(id: string, error: ErrorSummary): readonly string[] {
    shown.add(error.message);
    return [`${paint.red(paint.bold(`${id}:`))} ${withoutId(id, error.message)}`, ...errorDetails(error, color)];
  }

  function resultLines(error: ErrorSummary | undefined): readonly string[] {
    const unseen = error !== undefined && !shown.has(error.message);
    const failed = shown.size > 0 && logs !== undefined;
    return [...(unseen ? [formatError(error, { color })] : []), ...(failed ? [paint.dim(`Logs: ${logs}`)] : [])];
  }

  function hintLines(hint: string | undefined): readonly string[] {
    return hint === undefined ? [] : [`  ${paint.cyan('→')} ${hint}`];
  }
}
