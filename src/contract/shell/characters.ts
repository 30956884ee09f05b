/** A script as the scanner reads it: one character after the other, with the line it is on. */
export class Characters {
  private readonly text: string;
  private position = 0;
  line = 1;

  constructor(text: string) {
    this.text = text;
  }

  peek(offset = 0): string {
    return this.text[this.position + offset] ?? '';
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.position);
  }

  next(count = 1): string {
    const taken = this.text.slice(this.position, this.position + count);
    this.position += taken.length;
    for (const character of taken) if (character === '\n') this.line += 1;
    return taken;
  }

  /** Up to the end of the line, less the newline itself. */
  restOfLine(): string {
    const end = this.text.indexOf('\n', this.position);
    return this.next((end === -1 ? this.text.length : end) - this.position);
  }

  get ended(): boolean {
    return this.position >= this.text.length;
  }
}
