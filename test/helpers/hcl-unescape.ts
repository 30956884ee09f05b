/** What HCL makes of a quoted string, as its specification says: the little that a test of quoting needs. */
export function hclUnescape(quoted: string): string {
  if (!/^".*"$/s.test(quoted)) throw new Error(`${quoted} is not quoted`);
  const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
  return quoted
    .slice(1, -1)
    .replace(/\\(u[0-9a-fA-F]{4}|.)|\$\$\{|%%\{|["\n\r]|[$%]\{/gs, (match, escaped?: string) => {
      if (match === '$${' || match === '%%{') return match.slice(1);
      if (escaped?.startsWith('u')) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
      const plain = ESCAPES[escaped ?? ''];
      if (plain === undefined) throw new Error(`HCL refuses ${JSON.stringify(match)} in ${quoted}`);
      return plain;
    });
}

/** Strings that have broken quoting somewhere. */
export const NASTY_STRINGS: readonly string[] = [
  '',
  ' leading and trailing ',
  "it's",
  '"quoted"',
  'back\\slash \\n \\u0041',
  'tab\tnew\nline\r\n',
  'bell\u0007 backspace\b form\f escape\u001b',
  `\${var.x}`,
  `$\${var.x}`,
  `$$\${var.x}`,
  '%{ if true }',
  '%%{ if }',
  `$ $$ $$$ % %% {x} $x \${`,
  '`date` $(id) $HOME !! ~',
  '-rf --help',
  'ünï ☃ 🎉 日本',
  '# // /* no comment */',
  '<<EOF',
  '}}',
  'a=b\nc = "d"',
];
