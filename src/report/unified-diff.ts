/** A file before and after; undefined: there is none. */
export interface FileChange {
  /** From the root of the checkout, with `/`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** Lines around a change that `git apply` finds its place by. */
const CONTEXT = 3;

/** What `git apply` makes of `before` what is `after`; empty where they are the same. Ends with a newline. */
export function unifiedDiff({ path, before, after }: FileChange): string {
  if (before === after) return '';
  const edits = editsBetween(linesOf(before ?? ''), linesOf(after));
  const header = [
    `diff --git a/${path} b/${path}`,
    ...(before === undefined ? ['new file mode 100644', '--- /dev/null'] : [`--- a/${path}`]),
    `+++ b/${path}`,
  ];
  return `${[...header, ...hunks(edits)].join('\n')}\n`;
}

interface Edit {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

/** Of a last line that does not end, with what git says of it. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  const rest = lines.pop();
  return rest === undefined || rest === '' ? lines : [...lines, `${rest}\n\\ No newline at end of file`];
}

function editsBetween(before: readonly string[], after: readonly string[]): readonly Edit[] {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start++;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ kind: ' ', line }));
  return [
    ...same(before.slice(0, start)),
    ...middleEdits(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** By the longest common subsequence: a lock file has some hundred lines, and few of them change. */
function middleEdits(before: readonly string[], after: readonly string[]): readonly Edit[] {
  // [i][j]: the length of the longest of before from i and after from j.
  const longest = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (i: number, j: number): number => longest[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const row = longest[i] ?? [];
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const edits: Edit[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const [old, now] = [before[i], after[j]];
    if (old !== undefined && old === now) {
      edits.push({ kind: ' ', line: old });
      i++;
      j++;
    } else if (old !== undefined && (now === undefined || at(i + 1, j) >= at(i, j + 1))) {
      edits.push({ kind: '-', line: old });
      i++;
    } else if (now !== undefined) {
      edits.push({ kind: '+', line: now });
      j++;
    }
  }
  return edits;
}

function hunks(edits: readonly Edit[]): readonly string[] {
  const shown = edits.map((_, at) =>
    edits.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== ' '),
  );
  const lines: string[] = [];
  let [old, now] = [1, 1];
  for (let at = 0; at < edits.length; ) {
    let end = at;
    while (shown[end]) end++;
    const hunk = edits.slice(at, end);
    if (hunk.length > 0) {
      const [removed, added] = [
        hunk.filter(({ kind }) => kind !== '+').length,
        hunk.filter(({ kind }) => kind !== '-').length,
      ];
      lines.push(`@@ -${range(old, removed)} +${range(now, added)} @@`, ...hunk.map(({ kind, line }) => kind + line));
      old += removed;
      now += added;
      at = end;
    } else {
      old++;
      now++;
      at++;
    }
  }
  return lines;
}

/** Of no lines, the number of the line before. */
const range = (start: number, count: number): string => `${count === 0 ? start - 1 : start},${count}`;
