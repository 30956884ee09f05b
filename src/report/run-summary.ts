import type { ErrorSummary } from '../model/errors.ts';
import type { PlanWarning } from '../model/plan.ts';
import type { ImageReport, RunReport } from '../model/run-report.ts';
import { reasonText } from './describe.ts';
import { formatDuration } from './duration.ts';
import { costText, totalsText, worstFirst } from './run-text.ts';
import { plainLine } from './text.ts';

/** GitHub shows no summary of a step that has more than 1 MiB. */
const MOST_BYTES = 900_000;
/** Characters of a line, and lines of details. */
const LONGEST = 300;
const MOST_DETAILS = 20;
const HEAD = '| image | outcome | version | AMI | why | duration |\n|---|---|---|---|---|---|\n';

/** A run of bakes as Markdown: totals, what failed and what to do about it, a table of all images, warnings. */
export function runSummary(report: RunReport): string {
  const { command, run, seconds, cost, images, error } = report;
  const about = [
    ...(run === null ? [] : [`run \`${run}\``]),
    formatDuration(seconds),
    ...(cost === null ? [] : [literal(costText(cost))]),
  ];
  const top = `### ${literal(command)}: ${totalsText(report)}\n\n${about.join(' · ')}\n\n`;
  const failures = [
    ...(error === undefined ? [] : [{ what: command, error }]),
    ...images.flatMap(({ id, outcome }) => (outcome?.status === 'failed' ? [{ what: id, error: outcome.error }] : [])),
  ];
  const told = within(MOST_BYTES / 2, failures, failureText, (count) => `… and ${count} more failures\n\n`);
  const rows = within(MOST_BYTES / 3, worstFirst(images), rowText, (count) => `| … and ${count} more | | | | | |\n`);
  return `${top}${told}${rows === '' ? '' : `${HEAD}${rows}\n`}${warningsText(report)}`;
}

function failureText({ what, error }: { readonly what: string; readonly error: ErrorSummary }): string {
  const { message, details = [], hint } = error;
  const shown = details.slice(-MOST_DETAILS).map(inHtml);
  const pre = shown.length === 0 ? '' : `<pre>${shown.join('\n')}</pre>\n\n`;
  return `**${literal(what)}** ${literal(message)}\n\n${pre}${hint === undefined ? '' : `→ ${literal(hint)}\n\n`}`;
}

function rowText({ id, outcome, version, reason, seconds }: ImageReport): string {
  const ami = outcome !== null && 'imageId' in outcome ? outcome.imageId : '';
  const why = outcome?.status === 'cancelled' ? outcome.because : reason === undefined ? '' : reasonText(reason);
  const time = seconds === 0 ? '' : formatDuration(seconds);
  const cells = [id, outcome?.status ?? 'not started', version ?? '', ami, why, time];
  return `| ${cells.map((cell) => literal(cell)).join(' | ')} |\n`;
}

function warningsText({ warnings, images }: RunReport): string {
  const all = [
    ...warnings.map((warning) => ({ about: '', ...warning })),
    ...images.flatMap(({ id, warnings: own }) => own.map((warning) => ({ about: `${id}: `, ...warning }))),
  ];
  if (all.length === 0) return '';
  const shown = within(MOST_BYTES / 6, all, warningText, (count) => `- … and ${count} more\n`);
  return `<details><summary>${all.length} ${all.length === 1 ? 'warning' : 'warnings'}</summary>\n\n${shown}\n</details>\n`;
}

function warningText({ about, message, hint }: PlanWarning & { readonly about: string }): string {
  return `- ${literal(`${about}${message}`)}${hint === undefined ? '' : ` → ${literal(hint)}`}\n`;
}

/** As many as have room, then how many have not. */
function within<T>(
  bytes: number,
  items: readonly T[],
  text: (item: T) => string,
  more: (count: number) => string,
): string {
  let all = '';
  let room = bytes;
  for (const [index, item] of items.entries()) {
    const block = text(item);
    room -= Buffer.byteLength(block);
    if (room < 0) return all + more(items.length - index);
    all += block;
  }
  return all;
}

/** On one line, as it is: what Markdown or HTML would take for its own becomes a character reference. */
const literal = (text: string): string =>
  shortLine(text.replaceAll('\n', ' ')).replaceAll(/[\\`*_[\]<>|~#&]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const inHtml = (line: string): string => shortLine(line).replaceAll(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const shortLine = (text: string): string => plainLine(text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
