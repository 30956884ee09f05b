import type { ChangeChain, ChangeFromTo, ImageChange, StateName, Why } from '../model/comparison.ts';
import { unreachable } from '../model/events.ts';
import { reasonText } from './describe.ts';
import { formatAge } from './duration.ts';
import { createPalette } from './palette.ts';
import { plainLine } from './text.ts';

export interface ChangeTextOptions {
  readonly color: boolean;
  readonly now: Date;
}

/** A verdict, and below it what led to it, from the image up to the root cause. No newline at the end. */
export function whyText({ id, verdict, chain }: Why, options: ChangeTextOptions): string {
  const { bold } = createPalette(options.color);
  const lines = [`${bold(id)}  ${verdictText(verdict, options.now)}`];
  if (chain.length > 0 && verdict.kind === 'up-to-date') lines.push(`  ${verdict.version} was baked because:`);
  if (chain.length === 0 && verdict.kind !== 'to-be-baked') lines.push('  it is the first version that there is');
  return [...lines, ...chainLines(chain, options)].join('\n');
}

function verdictText(verdict: Why['verdict'], now: Date): string {
  switch (verdict.kind) {
    case 'to-be-baked':
      return `would be baked: ${reasonText(verdict.reason)}`;
    case 'up-to-date':
      return `up to date: ${verdict.version} (${verdict.imageId}), ${ageText(verdict.since, now)}`;
    case 'baked':
      return `${verdict.version} (${verdict.imageId}) was baked ${ageText(verdict.at, now)}`;
    default:
      return unreachable(verdict);
  }
}

const ageText = (time: string, now: Date): string =>
  `${time.replace(/\.\d+Z$/, 'Z')} (${formatAge(new Date(time), now)})`;

/** Each image of a chain with what changed in it, indented. */
export function chainLines(chain: ChangeChain, { now, color }: ChangeTextOptions): readonly string[] {
  const { dim } = createPalette(color);
  return chain.flatMap((one) => [
    `  ${one.id.split('/')[0]} ${stateText(one.from, now)} → ${stateText(one.to, now)}`,
    ...changeLines(one).map((line) => `    ${line}`),
    ...noteLines(one).map((line) => `    ${dim(line)}`),
  ]);
}

function stateText({ version, imageId, createdAt, unusable }: StateName, now: Date): string {
  if (version === null) return 'to be baked';
  const age = createdAt === null ? 'not there any more' : formatAge(new Date(createdAt), now);
  return `${version} (${imageId}, ${age}${unusable === undefined ? '' : `, ${plainLine(unusable)}`})`;
}

function changeLines({ changes, forced, detail, unknown }: ImageChange): readonly string[] {
  const lines = changes.map((one) => plainLine(changeText(one)));
  if (forced) return ['baked with --force', ...lines];
  return lines.length === 0 && detail !== 'none' && unknown.length === 0 ? ['the same inputs'] : lines;
}

function changeText({ input, change, from, to }: ChangeFromTo): string {
  if (from === undefined && to === undefined) return `${change} ${input}`;
  const before = from ?? (change === 'added' ? 'none' : 'unknown');
  const after = to ?? (change === 'removed' ? 'none' : 'unknown');
  return `${change} ${input}: ${before} → ${after}`;
}

function noteLines({ detail, unknown }: ImageChange): readonly string[] {
  const rest = unknown.map((group) => `whether ${group} changed is not known`);
  if (detail === 'inputs') return rest;
  if (detail === 'none') return ['what changed in it is not known: neither its record nor its tags are at hand'];
  return ['groups of inputs, from tags: the records are not at hand', ...rest];
}
