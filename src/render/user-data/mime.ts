import { createHash } from 'node:crypto';
import type { UserDataPart } from '../../model/user-data.ts';

/**
 * How cloud-init merges a part with those before it (mergers/m_dict.py, m_list.py): mappings key by key and in depth, lists
 * joined. Its default for cloud-config, `dict(replace)+list()+str()`, would keep of two values of one name the second alone.
 */
const MERGE = 'dict(recurse_array)+list(append)';

/**
 * Multi-part user-data: the same parts give the same bytes, since the boundary is made of their content. With newlines alone, as
 * cloud-init's own tool writes it. `MIME-Version` has to be within the first 4096 bytes.
 */
export function multipart(parts: readonly UserDataPart[]): string {
  const bodies = parts.map(partText);
  const boundary = `bake-${createHash('sha256').update(bodies.join('\0')).digest('hex').slice(0, 32)}`;
  const head = `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${boundary}"\n\n`;
  return `${head}${bodies.map((body) => `--${boundary}\n${body}\n`).join('')}--${boundary}--\n`;
}

function partText({ name, type, text }: UserDataPart): string {
  const plain = /^[\t\n\x20-\x7e]*$/.test(text);
  const isConfig = type === 'text/cloud-config' || type === 'text/jinja2';
  const headers = [
    `Content-Type: ${type}; charset="utf-8"`,
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'quoted-printable'}`,
    `Content-Disposition: attachment; filename="${name}"`,
    ...(isConfig ? [`Merge-Type: ${MERGE}`] : []),
  ];
  return `${headers.join('\n')}\n\n${plain ? text : quotedPrintable(text)}`;
}

/**
 * RFC 2045. Not 8bit, which Python's parser spoils in a message that it reads as text, and not base64, which hardly compresses.
 */
function quotedPrintable(text: string): string {
  return text
    .split('\n')
    .map((line) => wrapped([...Buffer.from(line)].map(quoted)))
    .join('\n');
}

/** A blank at the end of a line would not survive. */
function quoted(byte: number, index: number, line: readonly number[]): string {
  const isLast = index === line.length - 1;
  const isPlain = (byte >= 0x21 && byte <= 0x7e && byte !== EQUALS) || ((byte === SPACE || byte === TAB) && !isLast);
  return isPlain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

const [TAB, SPACE, EQUALS] = [0x09, 0x20, 0x3d];
/** Characters, less the one that says that the line goes on. */
const WIDTH = 75;

function wrapped(tokens: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const token of tokens) {
    if (line.length + token.length > WIDTH) {
      lines.push(`${line}=`);
      line = '';
    }
    line += token;
  }
  return [...lines, line].join('\n');
}
