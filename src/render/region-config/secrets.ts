import { precededSources, wholeSources } from '../../model/secret-patterns.ts';

const REFERENCE = /^(?:secretsmanager:[\w/+=.@:-]{1,2048}|ssm:\/[\w./-]{1,2047})$/;
export const REFERENCE_RULE = "a reference: 'secretsmanager:<name or ARN>' or 'ssm:</path>'";

/** Where a secret is, instead of the secret. */
export const isReference = (value: unknown): boolean => typeof value === 'string' && REFERENCE.test(value);

/** Stands for something that the machine puts in: `${DB_PASSWORD}`, `$TOKEN`, `ssm:/api/token`. */
const STANDS_FOR_ONE = /^(?:\$\{\w+\}?|\$\w+|%\(?\w+\)?s?|secretsmanager:.*|ssm:\/.*)$/;

const PATTERNS = new RegExp([...precededSources, ...wholeSources].join('|'), 'gi');

/** Lines, from 1, on which something looks like a secret. What it is must not be told. */
export function secretLines(text: string): readonly number[] {
  const lines = new Set<number>();
  for (const match of text.matchAll(PATTERNS)) {
    const prefix = match.slice(1).find((group) => group !== undefined) ?? '';
    if (STANDS_FOR_ONE.test(match[0].slice(prefix.length))) continue;
    lines.add(text.slice(0, match.index + prefix.length).split('\n').length);
  }
  return [...lines];
}
