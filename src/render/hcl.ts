import { BakeError } from '../model/errors.ts';
import type { Json } from '../model/image.ts';

/** Escapes that JSON has and HCL has not. */
const JSON_ONLY: Readonly<Record<string, string>> = { '\\b': '\\u0008', '\\f': '\\u000c' };

/**
 * A quoted HCL string. HCL's own interpolation is escaped; a Go template is refused, since Packer expands `{{` in many
 * fields again and again and no escape survives that (run on 1.6.6).
 */
export function hclString(value: string): string {
  if (value.includes('{{')) {
    throw new BakeError({
      code: 'template-value-refused',
      message: `${JSON.stringify(value)} would stand in a Packer template, and Packer expands "{{" wherever it finds it`,
      hint: 'Change the value, or hand it to the machine as a variable: those travel as files.',
      blame: 'user',
    });
  }
  const quoted = JSON.stringify(value).replace(/\\[\\bf]/g, (sequence) => JSON_ONLY[sequence] ?? sequence);
  // A function: in a replacement string "$$" would collapse to one "$".
  return quoted.replace(/[$%]\{/g, (opening) => `${opening[0]}${opening}`);
}

/** Strings, numbers, booleans, lists and maps in HCL, on one line. */
export function hclValue(value: Json): string {
  if (typeof value === 'string') return hclString(value);
  if (Array.isArray(value)) return `[${value.map(hclValue).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const members = Object.entries(value).map(([name, member]) => `${hclString(name)} = ${hclValue(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** A list of strings, one a line, as it stands inside a block at the given depth. */
export function hclLines(values: readonly string[], depth: number): string {
  const indent = '  '.repeat(depth);
  return `[\n${values.map((value) => `${indent}  ${hclString(value)},\n`).join('')}${indent}]`;
}

const ATTRIBUTE = /^(\s*)([A-Za-z_][\w-]*|"[^"]*") = (.*)$/;

/** Aligns the equals signs of neighbouring attributes as `packer fmt` does, so that templates need no padding. */
export function alignAttributes(text: string): string {
  const lines = text.split('\n');
  let group: { index: number; indent: string; name: string; value: string }[] = [];
  const flush = () => {
    const width = Math.max(0, ...group.map(({ name }) => name.length));
    for (const { index, indent, name, value } of group) lines[index] = `${indent}${name.padEnd(width)} = ${value}`;
    group = [];
  };
  for (const [index, line] of lines.entries()) {
    const match = ATTRIBUTE.exec(line);
    const [, indent = '', name = '', value = ''] = match ?? [];
    const opensBlock = /[[{]$/.test(value);
    if (match === null || opensBlock || group.some((member) => member.indent !== indent)) flush();
    if (match !== null && !opensBlock) group.push({ index, indent, name, value });
  }
  flush();
  return lines.join('\n');
}
