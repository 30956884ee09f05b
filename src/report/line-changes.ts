export interface LineChange {
  readonly sign: '-' | '+';
  /** From 1, in the text that has it. */
  readonly line: number;
  readonly text: string;
}

/** More than so many differences are not worth the memory that finding the fewest takes. */
const MOST = 2000;

/** The fewest lines to take out of one text and to put in to get the other, in the order of the texts (Myers). */
export function lineChanges(from: string, to: string): readonly LineChange[] {
  const before = from.split('\n');
  const after = to.split('\n');
  const trace = shortestEdit(before, after);
  if (trace === undefined) return [...allOf(before, '-'), ...allOf(after, '+')];
  const changes: LineChange[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits > 0; edits--) {
    const reached = trace[edits - 1] ?? new Map();
    const inserts = isInsert(reached, x - y, edits);
    const previous = inserts ? x - y + 1 : x - y - 1;
    x = reached.get(previous) ?? 0;
    y = x - previous;
    if (inserts) changes.unshift({ sign: '+', line: y + 1, text: after[y] ?? '' });
    else changes.unshift({ sign: '-', line: x + 1, text: before[x] ?? '' });
  }
  return changes;
}

const allOf = (lines: readonly string[], sign: '-' | '+'): LineChange[] =>
  lines.map((text, position) => ({ sign, line: position + 1, text }));

/** For each number of edits, how far into `before` each diagonal comes. */
function shortestEdit(before: readonly string[], after: readonly string[]): Map<number, number>[] | undefined {
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= MOST; edits++) {
    const reached = new Map<number, number>();
    const last = trace.at(-1) ?? new Map<number, number>();
    trace.push(reached);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = 0;
      if (edits > 0) {
        x = isInsert(last, diagonal, edits) ? (last.get(diagonal + 1) ?? 0) : (last.get(diagonal - 1) ?? 0) + 1;
      }
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      reached.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return trace;
    }
  }
  return undefined;
}

/** Whether the way to this diagonal goes down, from the one above it, which comes further. */
function isInsert(reached: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (reached.get(diagonal - 1) ?? 0) < (reached.get(diagonal + 1) ?? 0);
}
