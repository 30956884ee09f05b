import type { PackerMessage } from '../run/effects.ts';

/** One line of `packer … -machine-readable`: `unixtime,target,type,data…`. */
export interface MachineLine {
  readonly target: string;
  readonly type: string;
  readonly data: readonly string[];
}

/** Undefined for what is not such a line: panics, plugin noise, a fake Packer's garbage. */
export function parseMachineLine(line: string): MachineLine | undefined {
  const [time = '', target = '', type = '', ...data] = line.split(',');
  if (!/^\d+$/.test(time) || type === '') return undefined;
  return { target, type, data: data.map(unescapeField) };
}

/** Packer escapes commas and line ends, but neither the backslash nor the percent sign (packer/ui.go). */
function unescapeField(field: string): string {
  return field.replaceAll('%!(PACKER_COMMA)', ',').replaceAll('\\n', '\n').replaceAll('\\r', '\r');
}

/** What a person would want to see of a line, one message a line of text. */
export function messagesOf(line: MachineLine): readonly PackerMessage[] {
  if (line.type === 'ui') {
    const [kind, text = ''] = line.data;
    if (kind !== 'say' && kind !== 'message' && kind !== 'error') return [];
    return textLines(text).map((text) => ({ kind, text }));
  }
  if (line.type === 'error') return textLines(line.data.join(',')).map((text) => ({ kind: 'error', text }));
  return [];
}

/**
 * What a line of the list at the end says was made: the manifest post-processor hands on the AMI as an artifact of its
 * own, so Packer lists it twice.
 */
export function artifactOf({ type, data }: MachineLine): string | undefined {
  const [kind, text = ''] = data;
  return type === 'ui' && kind === 'say' && text.startsWith('--> ') ? text : undefined;
}

const PREFIX = /^(?:==>|-->)?\s*amazon-ebs\.image: ?/;

function textLines(text: string): string[] {
  return text
    .split(/\r?\n|\r/)
    .map((line) => line.replace(PREFIX, '').trimEnd())
    .filter((line) => line !== '');
}
