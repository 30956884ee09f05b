import { Listr, type ListrTaskObject, ListrTaskState, type SimpleRenderer } from 'listr2';
import { listrStyle, RowRenderer } from './listr-style.ts';
import type { RowState } from './live-rows.ts';
import type { Palette } from './palette.ts';
import type { Sink } from './renderer.ts';

type RowList = Listr<unknown, typeof RowRenderer, typeof SimpleRenderer>;
type Task = ListrTaskObject<unknown, typeof RowRenderer, typeof SimpleRenderer>;

/** One line of the frame, as it should look now. */
export interface Line {
  /** Empty: it is not shown. */
  readonly title: string;
  /** Shown under the title while it runs; empty for none. */
  readonly output: string;
  readonly state: RowState;
}

/** A frame of listr2 rows, redrawn in place until it is ended, which leaves it on the screen as it is then. */
export interface Frame {
  /** Whether it has a line with this key, shown or not. */
  has(key: string): boolean;
  /** Adds what is new (by key) and changes the rest. */
  update(lines: ReadonlyMap<string, Line>): void;
  end(): Promise<void>;
}

const STATES: Readonly<Record<RowState, ListrTaskState>> = {
  waiting: ListrTaskState.WAITING,
  running: ListrTaskState.STARTED,
  done: ListrTaskState.COMPLETED,
  reused: ListrTaskState.COMPLETED,
  failed: ListrTaskState.FAILED,
  cancelled: ListrTaskState.SKIPPED,
};

/**
 * The rows are listr2 tasks that never do anything: events set their state. What listr2 runs is one task without a
 * title, which lasts as long as the frame. Drawn once `after` is resolved, as two frames at a time erase each other.
 */
export function openFrame(err: Sink, paint: Palette, after: Promise<void>): Frame {
  const shown = new Map<string, Task>();
  const { promise: ended, resolve: end } = deferred();
  let started = false;
  let latest: ReadonlyMap<string, Line> = new Map();
  const listr: RowList = new Listr([{ task: begin }], {
    renderer: RowRenderer,
    concurrent: true,
    exitOnError: false,
    // Its own handler ends the process at once; ours lets Packer clean up first.
    registerSignalListeners: false,
    rendererOptions: listrStyle(err, paint),
  });
  const drawn = after.then(() => listr.run());

  return {
    has: (key) => shown.has(key),
    update(lines) {
      latest = lines;
      if (started) draw();
    },
    async end() {
      end();
      await drawn;
    },
  };

  /** Rows that are there before this would be run by listr2, and so be done at once. */
  function begin(): Promise<void> {
    started = true;
    draw();
    return ended;
  }

  /** What gets smaller goes first: also a frame that is too high for a moment leaves copies of itself. */
  function draw(): void {
    const shrinks = ([key, { title, output }]: readonly [string, Line]): boolean =>
      Boolean(shown.get(key)?.title) && (title === '' || output === '');
    const [smaller, others] = [[...latest].filter(shrinks), [...latest].filter((entry) => !shrinks(entry))];
    for (const [key, line] of [...smaller, ...others]) {
      const known = shown.get(key);
      const task = known ?? addTask(listr, line);
      shown.set(key, task);
      // listr2 listens to the output of what it has drawn.
      apply(task, known === undefined ? { ...line, output: '' } : line);
    }
  }
}

function addTask(listr: RowList, line: Line): Task {
  listr.add({ title: line.title, task: () => {} });
  const task = listr.tasks.at(-1);
  if (task === undefined) throw new Error('listr2 has not added the row');
  // Draws only what was checked for being enabled, which it does itself just for tasks that it runs.
  void task.check(undefined);
  return task;
}

/** Only what differs: each of these makes listr2 draw. */
function apply(task: Task, line: Line): void {
  // listr2 draws nothing for empty text.
  const { title, output } = line;
  const state = STATES[line.state];
  if (task.title !== title) task.title$ = title;
  if (task.state !== state) task.state$ = state;
  // Only of a running row: listr2 throws away the others' place for it, and then fails to find it.
  if (state === ListrTaskState.STARTED && (task.output ?? '') !== output) task.output$ = output;
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
