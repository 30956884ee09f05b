import { Characters } from './characters.ts';

/** A redirection of output into a file. */
export interface Redirection {
  readonly append: boolean;
  readonly target: string;
}

/** One simple command. Expansions stay as they are written, so a word with `$` in it is not a value. */
export interface Command {
  readonly words: readonly string[];
  readonly redirections: readonly Redirection[];
  /** The body of a here-document, and the line that it starts on. */
  hereDocument?: { readonly text: string; readonly line: number };
  readonly line: number;
  /** Its standard input is the output of the command before it. */
  readonly piped: boolean;
}

interface PendingHereDocument {
  readonly end: string;
  readonly stripTabs: boolean;
  readonly command: Command;
}

/**
 * The commands of a POSIX shell script in their order. It is a scanner, not a shell: keywords are skipped, expansions are
 * not done, and what it does not understand yields words that mean nothing to anyone.
 */
export function commandsOf(script: string): readonly Command[] {
  return new Scanner(script).scan();
}

const KEYWORDS = new Set(['if', 'then', 'elif', 'else', 'fi', 'while', 'until', 'do', 'done', '!', '{', '}', 'time']);
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;
const OPERATORS = ['&&', '||', ';;', '|&', '|', '&', ';', '(', ')'];

class Scanner {
  private readonly input: Characters;
  private readonly found: Command[] = [];
  private readonly pending: PendingHereDocument[] = [];
  private words: string[] = [];
  private redirections: Redirection[] = [];
  private hereDocuments: Omit<PendingHereDocument, 'command'>[] = [];
  private line = 1;
  private piped = false;

  constructor(script: string) {
    this.input = new Characters(script);
  }

  scan(): readonly Command[] {
    while (!this.input.ended) this.step();
    this.endCommand('');
    return this.found;
  }

  private step(): void {
    const { input } = this;
    if (input.startsWith('\\\n')) input.next(2);
    else if (input.peek() === '\n') this.endLine();
    else if (/\s/.test(input.peek())) input.next();
    else if (input.peek() === '#') input.restOfLine();
    else if (input.startsWith('<<') && !input.startsWith('<<<')) this.hereDocument();
    else if (this.redirects()) this.redirection();
    else this.operatorOrWord();
  }

  private operatorOrWord(): void {
    const operator = OPERATORS.find((text) => this.input.startsWith(text));
    if (operator !== undefined) {
      this.input.next(operator.length);
      this.endCommand(operator);
      return;
    }
    if (this.words.length === 0) this.line = this.input.line;
    const word = this.word();
    const isFirst = this.words.length === 0;
    if (!(isFirst && (KEYWORDS.has(word) || ASSIGNMENT.test(word)))) this.words.push(word);
  }

  private redirects(): boolean {
    return /[<>]/.test(this.input.peek()) || (/\d/.test(this.input.peek()) && /[<>]/.test(this.input.peek(1)));
  }

  private redirection(): void {
    const descriptor = /\d/.test(this.input.peek()) ? this.input.next() : '';
    const direction = this.input.next();
    const append = direction === '>' && this.input.peek() === '>';
    while (/[<>|&]/.test(this.input.peek())) this.input.next();
    this.skipBlanks();
    if (this.words.length === 0) this.line = this.input.line;
    const target = this.word();
    // What goes to standard error, or comes from a file, changes nothing on the machine.
    if (direction === '>' && descriptor !== '2') this.redirections.push({ append, target });
  }

  private hereDocument(): void {
    this.input.next(2);
    const stripTabs = this.input.peek() === '-';
    if (stripTabs) this.input.next();
    this.skipBlanks();
    this.hereDocuments.push({ end: this.word(), stripTabs });
  }

  private skipBlanks(): void {
    while (/[ \t]/.test(this.input.peek())) this.input.next();
  }

  /** Quotes are taken off; what is inside stays one word. */
  private word(): string {
    const { input } = this;
    let word = '';
    while (!input.ended && !/[\s;&|<>()]/.test(input.peek())) {
      if (input.peek() === "'") word += this.quoted("'");
      else if (input.peek() === '"') word += this.quoted('"');
      else if (input.startsWith('$(') || input.startsWith('${')) word += this.expansion();
      else if (input.peek() === '\\') word += input.next(2).slice(1);
      else word += input.next();
    }
    // A character that starts no word must not stop the scanner.
    return word === '' && !input.ended && /[<>]/.test(input.peek()) ? input.next() : word;
  }

  private quoted(quote: string): string {
    const { input } = this;
    input.next();
    let text = '';
    while (!input.ended && input.peek() !== quote) {
      if (quote === '"' && input.startsWith('$(')) text += this.expansion();
      else if (quote === '"' && input.peek() === '\\') text += unescaped(input.next(2));
      else text += input.next();
    }
    input.next();
    return text;
  }

  /** `$( … )` and `${ … }` as written, with all that is nested in them. */
  private expansion(): string {
    const { input } = this;
    let text = input.next(2);
    let depth = 1;
    while (!input.ended && depth > 0) {
      if (input.peek() === "'") text += `'${this.quoted("'")}'`;
      else {
        const character = input.next();
        if (/[({]/.test(character)) depth += 1;
        if (/[)}]/.test(character)) depth -= 1;
        text += character;
      }
    }
    return text;
  }

  private endCommand(operator: string): void {
    const { words, redirections, hereDocuments, line, piped } = this;
    if (words.length > 0 || redirections.length > 0) {
      const command: Command = { words, redirections, line, piped };
      this.found.push(command);
      this.pending.push(...hereDocuments.map((document) => ({ ...document, command })));
    }
    this.words = [];
    this.redirections = [];
    this.hereDocuments = [];
    this.piped = operator === '|' || operator === '|&';
  }

  private endLine(): void {
    this.input.next();
    const piped = this.piped && this.words.length === 0;
    this.endCommand('');
    this.piped = piped;
    for (const document of this.pending.splice(0)) this.body(document);
  }

  private body({ end, stripTabs, command }: PendingHereDocument): void {
    const { line } = this.input;
    const lines: string[] = [];
    while (!this.input.ended) {
      const written = this.input.restOfLine();
      this.input.next();
      const text = stripTabs ? written.replace(/^\t+/, '') : written;
      if (text === end) break;
      lines.push(text);
    }
    command.hereDocument = { text: lines.map((text) => `${text}\n`).join(''), line };
  }
}

/** Within double quotes a backslash stays before anything but these. */
const unescaped = (pair: string): string => (/^\\["\\$`]/.test(pair) ? pair.slice(1) : pair === '\\\n' ? '' : pair);
