/** A token of HCL with the line that it begins on, from 1. Comments are none. */
export type HclToken = { readonly line: number } & (
  | { readonly kind: 'name' | 'number' | 'mark'; readonly text: string }
  | { readonly kind: 'newline' }
  /** A quoted string or a heredoc: text, and what is between `${` and `}`. */
  | { readonly kind: 'string'; readonly parts: readonly HclPart[] }
);
export type HclPart = string | readonly HclToken[];

/** What cannot be read at all. */
export class HclFlaw extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** The tokens of a text. Throws `HclFlaw` where a string, a comment or a bracket has no end. */
export function hclTokens(text: string): readonly HclToken[] {
  return new Lexer(text).tokens(undefined);
}

const CLOSING: ReadonlyMap<string | undefined, string> = new Map([
  ['{', '}'],
  ['[', ']'],
  ['(', ')'],
]);
const CLOSERS = new Set(CLOSING.values());
const TOKENS = /([A-Za-z_][\w-]*)|(\d[\w.]*)|(\r?\n)|([ \t\r]+|#[^\n]*|\/\/[^\n]*)|(&&|\|\||[=!<>]=|=>|\.\.\.|[\s\S])/y;
const HEREDOC = /<<-?([A-Za-z_][\w-]*)[ \t]*\r?\n/y;

class Lexer {
  private readonly text: string;
  private at = 0;
  private line = 1;

  constructor(text: string) {
    this.text = text;
  }

  /** Until the mark that closes what is open here, which is read and is no token; undefined: until the end. */
  tokens(until: string | undefined): readonly HclToken[] {
    const begun = this.line;
    const tokens: HclToken[] = [];
    const open: { mark: string; line: number }[] = [];
    while (this.at < this.text.length) {
      const { line } = this;
      const heredoc = this.match(HEREDOC);
      if (heredoc !== undefined) {
        this.line += 1;
        tokens.push({ kind: 'string', line, parts: this.heredoc(heredoc[1] ?? '', line) });
        tokens.push({ kind: 'newline', line: this.line });
        continue;
      }
      if (this.text.startsWith('/*', this.at)) this.skipComment();
      else if (this.skip('"')) tokens.push({ kind: 'string', line, parts: this.quoted(line) });
      else {
        const [all = '', name, number, newline, nothing] = this.match(TOKENS) ?? [];
        if (nothing !== undefined) continue;
        if (newline !== undefined) {
          this.line += 1;
          tokens.push({ kind: 'newline', line });
          continue;
        }
        if (open.length === 0 && all === until) return tokens;
        if (CLOSING.has(all)) open.push({ mark: all, line });
        else if (CLOSERS.has(all) && CLOSING.get(open.pop()?.mark) !== all) {
          throw new HclFlaw(line, `${all} closes nothing`);
        }
        tokens.push({ kind: name !== undefined ? 'name' : number !== undefined ? 'number' : 'mark', line, text: all });
      }
    }
    const [unclosed] = open;
    if (unclosed !== undefined) throw new HclFlaw(unclosed.line, `${unclosed.mark} is not closed`);
    if (until !== undefined) throw new HclFlaw(begun, `$${'{'} is not closed`);
    return tokens;
  }

  private quoted(begun: number): readonly HclPart[] {
    return this.template(() => {
      const letter = this.text[this.at];
      if (letter === undefined || letter === '\n') throw new HclFlaw(begun, 'a string is not closed');
      return this.skip('"');
    }, true);
  }

  private heredoc(marker: string, begun: number): readonly HclPart[] {
    const end = new RegExp(`[ \\t]*${marker}[ \\t]*(?:\\r?\\n|$)`, 'y');
    return this.template(() => {
      if (this.at > this.text.length - 1) throw new HclFlaw(begun, `<<${marker} is not closed`);
      const isLineStart = this.text[this.at - 1] === '\n';
      if (!isLineStart || this.match(end) === undefined) return false;
      this.line += 1;
      return true;
    }, false);
  }

  private template(isAtEnd: () => boolean, escapes: boolean): readonly HclPart[] {
    const parts: HclPart[] = [];
    let text = '';
    while (!isAtEnd()) {
      if (this.skip('$${') || this.skip('%%{')) text += this.text.slice(this.at - 2, this.at);
      else if (this.skip('${') || this.skip('%{')) {
        parts.push(text, this.tokens('}'));
        text = '';
      } else {
        const letter = this.text[this.at] ?? '';
        const taken = escapes && letter === '\\' ? 2 : 1;
        text += this.text.slice(this.at + taken - 1, this.at + taken);
        if (letter === '\n') this.line += 1;
        this.at += taken;
      }
    }
    return [...parts, text].filter((part) => part !== '');
  }

  private skipComment(): void {
    const end = this.text.indexOf('*/', this.at + 2);
    if (end < 0) throw new HclFlaw(this.line, '/* is not closed');
    this.line += this.text.slice(this.at, end).split('\n').length - 1;
    this.at = end + 2;
  }

  private skip(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return false;
    this.at += wanted.length;
    return true;
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text) ?? undefined;
    if (match !== undefined) this.at = pattern.lastIndex;
    return match;
  }
}
