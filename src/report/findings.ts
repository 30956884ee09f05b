import type { Finding } from '../model/finding.ts';
import { createPalette } from './palette.ts';

export interface FindingsTextOptions {
  readonly color: boolean;
  /** Warnings count as errors. */
  readonly strict: boolean;
  /** How many findings were accepted. */
  readonly accepted: number;
  readonly shellcheck: 'ran' | 'absent';
}

/** Findings for people: place and rule, what would happen, what to change; then how many there are. */
export function findingsText(findings: readonly Finding[], options: FindingsTextOptions): string {
  const { bold, dim, red, yellow, green } = createPalette(options.color);
  const paint = { error: red, warning: options.strict ? red : yellow, protected: dim };
  const blocks = findings.map(({ severity, rule, file, line, message, fix }) =>
    [`${bold(`${file}:${line}`)}  ${paint[severity](severity)}  ${rule}`, `  ${message}`, `  → ${fix}`].join('\n'),
  );
  const count = (severity: Finding['severity']) => findings.filter((found) => found.severity === severity).length;
  const counted = [
    ...plural(count('error'), 'error'),
    ...plural(count('warning'), 'warning'),
    ...(options.accepted === 0 ? [] : [`${options.accepted} accepted`]),
    ...(count('protected') === 0 ? [] : [`${count('protected')} protected by the bake`]),
  ];
  const summary = count('error') + count('warning') === 0 ? green('nothing to change') : '';
  const lines = [[summary, ...counted].filter((part) => part !== '').join(', ')];
  if (options.shellcheck === 'absent') lines.push('shellcheck is not on PATH: scripts were read without it');
  return [...blocks, lines.join('\n')].join('\n\n');
}

const plural = (number: number, noun: string): readonly string[] =>
  number === 0 ? [] : [`${number} ${noun}${number === 1 ? '' : 's'}`];

/** One line, as a detail of an error. */
export function findingLine({ rule, file, line, message, fix }: Finding): string {
  return `${file}:${line} ${rule}: ${message} → ${fix}`;
}
