import { createRequire } from 'node:module';
import type { IBufferCell, IBufferLine, Terminal } from '@xterm/headless';

// It is CommonJS, whose names Node does not see.
const headless = createRequire(import.meta.url)('@xterm/headless') as { readonly Terminal: typeof Terminal };

/** Pixels of a character and of a line, at the size of the font in the style below. */
const CHARACTER = 8.4;
const LINE = 19;
const MARGIN = 16;

/** Of the sixteen colours of a terminal those that bake uses. */
const COLOURS: Readonly<Record<number, string>> = { 1: 'red', 2: 'green', 3: 'yellow', 6: 'cyan', 8: 'dim' };

const STYLE = `text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328}
rect{fill:#f6f8fa;stroke:#d1d9e0}
.bold{font-weight:600}.dim{fill:#59636e}.red{fill:#c21c2c}.green{fill:#116329}.yellow{fill:#7d4e00}.cyan{fill:#1b6a85}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#0d1117;stroke:#3d444d}
.dim{fill:#9198a1}.red{fill:#ff7b72}.green{fill:#56d364}.yellow{fill:#e3b341}.cyan{fill:#76e3ea}}`;

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

/** What a terminal of that size shows at the end, with what has scrolled away, as a picture whose text is text. */
export async function svgOf(output: string, { columns: cols, rows }: Screen, title: string): Promise<string> {
  const terminal = new headless.Terminal({ cols, rows, scrollback: 1_000, allowProposedApi: true });
  await new Promise<void>((written) => terminal.write(output, written));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)).filter(
    (line) => line !== undefined,
  );
  while (lines.at(-1)?.translateToString(true) === '') lines.pop();
  const width = Math.ceil(cols * CHARACTER + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  const texts = lines.flatMap((line, row) => runsOf(line, cols).map((run) => textOf(run, row)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>
${texts.join('\n')}
</svg>
`;
}

interface Run {
  readonly column: number;
  readonly style: string;
  text: string;
}

/** Words of one style; what stands two spaces apart begins at its own column, whatever the font. */
function runsOf(line: IBufferLine, columns: number): readonly Run[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column);
    const text = cell?.getChars() || ' ';
    const style = cell === undefined ? '' : styleOf(cell);
    if (run === undefined || run.style !== style || run.text.endsWith('  ')) {
      run = { column, style, text: '' };
      runs.push(run);
    }
    run.text += text;
    if (run.text.trim() === '') run = undefined;
  }
  return runs.filter(({ text }) => text.trim() !== '').map((one) => ({ ...one, text: one.text.trimEnd() }));
}

function styleOf(cell: IBufferCell): string {
  const colour = cell.isFgPalette() ? COLOURS[cell.getFgColor() & 15] : undefined;
  return [cell.isBold() ? 'bold' : '', cell.isDim() ? 'dim' : '', colour ?? ''].filter((one) => one !== '').join(' ');
}

function textOf({ column, style, text }: Run, row: number): string {
  const x = (MARGIN + column * CHARACTER).toFixed(1);
  const named = style === '' ? '' : ` class="${style}"`;
  const length = ([...text].length * CHARACTER).toFixed(1);
  return `<text x="${x}" y="${MARGIN + row * LINE + 14}" textLength="${length}"${named}>${escaped(text)}</text>`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
