import type { Sink } from '../../src/report/renderer.ts';

/** Takes what is written to a terminal and knows what stands on its screen afterwards. */
export class FakeTerminal implements Sink {
  readonly columns: number;
  readonly rows: number;
  written = '';

  constructor(columns: number, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string, done?: () => void): boolean {
    this.written += text;
    done?.();
    return true;
  }

  /** All lines, those that have scrolled away too, without colours and trailing space. */
  screen(): readonly string[] {
    const lines = [''];
    let row = 0;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    for (const [token] of this.written.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|\n|[^\u001b\n]+/g)) {
      if (token === '\n') lines[++row] ??= '';
      else if (token === '\u001b[2K') lines[row] = '';
      else if (token === '\u001b[1A') row = Math.max(0, row - 1);
      else if (!token.startsWith('\u001b')) lines[row] += token;
    }
    return lines.map((line) => line.trimEnd());
  }
}

/** Keeps what is written, as a pipe would. */
export class FakePipe implements Sink {
  written = '';

  write(text: string, done?: () => void): boolean {
    this.written += text;
    done?.();
    return true;
  }
}
