import { createPalette, type Paint } from './palette.ts';
import { padEnd, padStart, plainLine, truncateMiddle, widthOf } from './text.ts';

export interface TableOptions {
  /** Titles of the columns. */
  readonly head?: readonly string[];
  /** Width of the terminal; absent when the output is not one: then nothing is truncated. */
  readonly columns?: number | undefined;
  readonly color?: boolean;
  /** Columns, from 0, with numbers in them. */
  readonly alignRight?: readonly number[];
  /** Columns, from 0, of what people copy: cut when all others are as narrow as can be. */
  readonly whole?: readonly number[];
  /** Colours a cell that is already padded; the text is the cell as given. */
  readonly paintCell?: (column: number, text: string) => Paint | undefined;
}

const GAP = '  ';
/** Below this a truncated cell says nothing. */
const NARROWEST = 6;

/** Aligned columns, two spaces apart; what does not fit is truncated in the middle. No newline at the end. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const cells = rows.map((row) => row.map(plainLine));
  const lines = options.head === undefined ? cells : [options.head, ...cells];
  const widths = fittingWidths(naturalWidths(lines), options);
  const { bold } = createPalette(options.color ?? false);

  return lines
    .map((line, index) => {
      const isHead = options.head !== undefined && index === 0;
      const padded = line.map((cell, column) => {
        const width = widths[column] ?? 0;
        const pad = options.alignRight?.includes(column) ? padStart : padEnd;
        const text = pad(truncateMiddle(cell, width), column === line.length - 1 && pad === padEnd ? 0 : width);
        const paint = isHead ? bold : options.paintCell?.(column, cell);
        return paint === undefined ? text : paint(text);
      });
      return padded.join(GAP).trimEnd();
    })
    .join('\n');
}

function naturalWidths(lines: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  return widths;
}

/** Takes from the widest column first, so that short columns stay whole. */
function fittingWidths(natural: readonly number[], { columns, whole = [] }: TableOptions): readonly number[] {
  const widths = [...natural];
  if (columns === undefined) return widths;
  let excess = widths.reduce((sum, width) => sum + width, 0) - (columns - GAP.length * (widths.length - 1));
  const spare = (column: number, isWhole: boolean) =>
    whole.includes(column) === isWhole ? (widths[column] ?? 0) - NARROWEST : 0;
  for (const isWhole of [false, true]) {
    while (excess > 0) {
      const spares = widths.map((_, column) => spare(column, isWhole));
      const widest = spares.indexOf(Math.max(...spares));
      if ((spares[widest] ?? 0) <= 0) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
      excess -= 1;
    }
  }
  return widths;
}
