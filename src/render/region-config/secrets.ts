import { precededSources, wholeSources } from '../../model/secret-patterns.ts';
import { namedSecrets } from './named-secrets.ts';

const REFERENCE = /^(?:secretsmanager:[\w/+=.@:-]{1,2048}|ssm:\/[\w./-]{1,2047})$/;
export const REFERENCE_RULE = "a reference: 'secretsmanager:<name or ARN>' or 'ssm:</path>'";

/** Where a secret is, instead of the secret. */
export const isReference = (value: unknown): boolean => typeof value === 'string' && REFERENCE.test(value);

/**
 * Stands for something that the machine puts in: `${DB_PASSWORD}`, `$TOKEN`, `$token`, `ssm:/api/token`. A secret may begin with
 * `$` as well, but hardly with a name of letters of one case alone.
 */
const STANDS_FOR_ONE =
  /^(?:\$\{\w+(?:\}|:?\?.*|:?-\})?|\$(?:[A-Z_][A-Z0-9_]*|[a-z_]+|\d)|%(?:[a-zA-Z]|\(\w+\)?s?)|\$\(.*|\{\{.*|`.*|secretsmanager:.*|ssm:\/.*)$/;

/** Beside those that are masked in output: a login of curl's and of chpasswd's, and the hash of a password, which can be guessed. */
const OURS = [
  String.raw`(\bcurl\b(?:[^\n;|&]|&(?!&)|\\\n){0,500}?\s["']?(?:-u|--user|--proxy-user)["',=\s]*[^\s:"',=]+:)[^\s"']+`,
  String.raw`(["'\s][a-z_][\w.-]*:)[^\s"':]+(?=(?:["'\s]|\\n)*\|\s*(?:sudo\s+)?chpasswd\b)`,
  String.raw`\$(?:1|5|6|2[abxy]|y|gy)\$[^\s"'$]{1,60}\$(?:[./A-Za-z0-9]{1,60}\$)?[./A-Za-z0-9]{20,}`,
];

const PATTERNS = new RegExp([...precededSources, ...wholeSources, ...OURS].join('|'), 'gi');

/** Lines, from 1, on which something looks like a secret. What it is must not be told. */
export function secretLines(text: string): readonly number[] {
  const found = [...text.matchAll(PATTERNS)].flatMap((match) => {
    const prefix = match.slice(1).find((group) => group !== undefined) ?? '';
    return STANDS_FOR_ONE.test(match[0].slice(prefix.length)) ? [] : [match.index + prefix.length];
  });
  return linesAt(text, [...found, ...namedSecrets(text, STANDS_FOR_ONE)]);
}

function linesAt(text: string, starts: readonly number[]): readonly number[] {
  const lines = new Set<number>();
  let [line, from] = [1, 0];
  for (const start of starts.toSorted((a, b) => a - b)) {
    line += text.slice(from, start).split('\n').length - 1;
    from = start;
    lines.add(line);
  }
  return [...lines];
}
