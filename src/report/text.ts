// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const ZERO_WIDTH = /\p{M}/u;
const ELLIPSIS = '…';

const withoutColour = (text: string): string => text.replace(ESCAPE_SEQUENCE, '');

/**
 * One line that cannot move the cursor, colour the terminal or reorder text. Of a line that was drawn over itself
 * (`10 %\r20 %\r`), the last drawing.
 */
export function plainLine(text: string): string {
  const drawings = withoutColour(text)
    .split('\r')
    .filter((drawing) => drawing.trim() !== '');
  return (drawings.at(-1) ?? '')
    .replaceAll(/[\t\n]/g, ' ')
    .replace(CONTROL, '')
    .trimEnd();
}

/** Terminal columns of plain text. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

function columnsOf(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;

export function truncateEnd(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width < 1 ? '' : takeStart(text, width - 1) + ELLIPSIS;
}

/** Keeps both ends, for names and ids whose ends tell them apart. */
export function truncateMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  const start = Math.ceil((width - 1) / 2);
  return takeStart(text, start) + ELLIPSIS + takeEnd(text, width - 1 - start);
}

/** Broken between words where it is wider than `columns`, what follows indented. Unchanged without a width. */
export function wrapped(text: string, columns: number | undefined, indent = 2): string {
  if (columns === undefined || widthOf(text) <= columns) return text;
  const lines: string[] = [];
  for (const word of text.split(/(?<=\S) /)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : ' '.repeat(indent) + word);
  }
  return lines.join('\n');
}

function takeStart(text: string, width: number): string {
  let taken = '';
  let room = width;
  for (const character of text) {
    room -= columnsOf(character);
    if (room < 0) break;
    taken += character;
  }
  return taken;
}

function takeEnd(text: string, width: number): string {
  let taken = '';
  let room = width;
  for (const character of [...text].reverse()) {
    room -= columnsOf(character);
    if (room < 0) break;
    taken = character + taken;
  }
  return taken;
}
