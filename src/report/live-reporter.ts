import { rowsThatFit } from './live-fit.ts';
import { applyEvent, isSettled, type Row, type Rows, settleRest } from './live-rows.ts';
import { type Frame, type Line, openFrame } from './live-terminal.ts';
import { rowTitle } from './live-title.ts';
import { createNotes } from './notes.ts';
import { createPalette } from './palette.ts';
import type { Renderer, Sink } from './renderer.ts';
import { truncateEnd, widthOf } from './text.ts';

export interface LiveOptions {
  readonly err: Sink;
  readonly color: boolean;
  readonly columns: number | undefined;
  readonly now: () => Date;
  /** Runs what happens outside of `render`, so that a defect in it does not end the process. */
  readonly guarded: (act: () => void) => void;
}

/** As often as listr2's spinner turns: however fast a builder talks, the terminal gets no more than this. */
const REFRESH_MILLISECONDS = 100;
/** listr2 puts an icon and a space before a title, two more before the output, and keeps two columns free. */
const MARGIN = 4;
const OUTPUT_INDENT = 2;

/**
 * Rows that are redrawn in place: one per image of the plan and per step of set-up. A frame lasts while a row runs or
 * waits, so that between frames others may write to the terminal. Warnings and errors follow below the frame.
 */
export function createLiveReporter({ err, color, columns, now, guarded }: LiveOptions): Renderer {
  const paint = createPalette(color);
  const rows: Rows = new Map();
  const notes = createNotes(color);
  let frame: Frame | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended: Promise<void> = Promise.resolve();

  return {
    render(event) {
      applyEvent(rows, event, now().getTime());
      notes.take(event);
      if (rows.size > 0) {
        if (frame === undefined) open();
        if ([...rows.values()].every(isSettled)) finish();
      }
      if (frame === undefined) writeNotes();
    },
    async shown() {
      await ended;
    },
    async close() {
      settleRest(rows);
      if (frame !== undefined) finish();
      writeNotes();
      await ended;
    },
  };

  function open(): void {
    frame = openFrame(err, paint, ended);
    refresh(false);
    timer = setInterval(() => guarded(() => refresh(false)), REFRESH_MILLISECONDS);
  }

  function finish(): void {
    clearInterval(timer);
    refresh(true);
    const last = frame;
    frame = undefined;
    rows.clear();
    ended = ended.then(() => last?.end());
  }

  /** Below the last frame: above one that is drawn, nothing can be added. */
  function writeNotes(): void {
    const lines = notes.drain();
    if (lines.length > 0) ended = ended.then(() => void err.write(`${lines.join('\n')}\n`));
  }

  /** Each row as it should look now; the last frame shows them all, however many. */
  function refresh(whole: boolean): void {
    const all = [...rows.values()];
    const width = lineWidth();
    const space = { width, nameWidth: Math.max(...all.map((row) => widthOf(row.name))), paint };
    const fitting = whole ? new Set(all) : rowsThatFit(all, (err.rows ?? 24) - 1);
    const line = (row: Row): Line => ({
      title: rowTitle(row, now().getTime(), space),
      output: row.lastLine === '' ? '' : paint.dim(truncateEnd(row.lastLine, width - OUTPUT_INDENT)),
      state: row.state,
      visible: fitting.has(row),
    });
    frame?.update(new Map(all.map((row) => [row.name, line(row)])));
  }

  /** listr2 wraps at the width of stdout, whatever stream it draws on. */
  function lineWidth(): number {
    const terminal = columns ?? err.columns ?? 80;
    return Math.max(16, Math.min(terminal, process.stdout.columns ?? 80) - MARGIN);
  }
}
