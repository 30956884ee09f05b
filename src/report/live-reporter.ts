import { isCollapsed, rowsAtLast, rowsThatFit } from './live-fit.ts';
import { applyEvent, isSettled, type Row, type Rows, settleRest } from './live-rows.ts';
import { type Frame, type Line, openFrame } from './live-terminal.ts';
import { rowTitle } from './live-title.ts';
import { totalsLine, totalsOf } from './live-totals.ts';
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

/** The key of the line of totals; rows have names. */
const TOTALS = '';
/** Of a terminal that has become higher. */
const NOTHING: Line = { title: '', output: '', state: 'running' };

/**
 * Rows that are redrawn in place: one per image of the plan and per step of set-up; of many images, totals and what is
 * going on. A frame lasts while a row runs or waits, so that between frames others may write to the terminal. Warnings
 * and errors follow below the frame.
 */
export function createLiveReporter({ err, color, columns, now, guarded }: LiveOptions): Renderer {
  const paint = createPalette(color);
  const rows: Rows = new Map();
  const notes = createNotes(color);
  let frame: Frame | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended: Promise<void> = Promise.resolve();
  let startedAt = 0;
  let parallel = 0;
  let names = { count: 0, width: 0 };

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
    startedAt = now().getTime();
    parallel = 0;
    names = { count: 0, width: 0 };
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

  /** Rows as they should look now; the last frame shows all that is worth a row, however many. */
  function refresh(last: boolean): void {
    const all = [...rows.values()];
    const time = now().getTime();
    const width = lineWidth();
    const room = (err.rows ?? 24) - 1;
    const collapsed = isCollapsed(all, room);
    const shown = last ? rowsAtLast(all, collapsed) : rowsThatFit(all, collapsed ? room - 1 : room, collapsed);
    const space = { width, nameWidth: widestName(all), paint };
    const line = (row: Row): Line => ({
      title: rowTitle(row, time, space),
      output:
        row.lastLine === '' || !shown.withOutput ? '' : paint.dim(truncateEnd(row.lastLine, width - OUTPUT_INDENT)),
      state: row.state,
    });
    const visible = new Set(shown.rows);
    const hidden = all.filter((row) => !visible.has(row) && frame?.has(row.name));
    frame?.update(
      new Map([
        ...(collapsed ? [[TOTALS, totals(all, time, width, last)] as const] : []),
        ...(!collapsed && frame?.has(TOTALS) ? [[TOTALS, NOTHING] as const] : []),
        ...hidden.map((row) => [row.name, { title: '', output: '', state: row.state }] as const),
        ...shown.rows.map((row) => [row.name, line(row)] as const),
      ]),
    );
  }

  function totals(all: readonly Row[], time: number, width: number, last: boolean): Line {
    parallel = Math.max(parallel, all.filter(({ state }) => state === 'running').length);
    const counted = totalsOf(all, parallel, time);
    const title = paint.bold(totalsLine(counted, (time - startedAt) / 1000, width));
    const ended = counted.failed > 0 ? 'failed' : counted.done < counted.total ? 'cancelled' : 'done';
    return { title, output: '', state: last ? ended : 'running' };
  }

  /** Measured only when rows were added: there may be a thousand, ten times a second. */
  function widestName(all: readonly Row[]): number {
    if (names.count !== all.length)
      names = { count: all.length, width: Math.max(0, ...all.map((row) => widthOf(row.name))) };
    return names.width;
  }

  /** listr2 wraps at the width of stdout, whatever stream it draws on. */
  function lineWidth(): number {
    const terminal = columns ?? err.columns ?? 80;
    return Math.max(16, Math.min(terminal, process.stdout.columns ?? 80) - MARGIN);
  }
}
