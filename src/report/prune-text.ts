import type { PruneDecision, PrunePlan } from '../model/prune.ts';
import { formatBytes } from './bytes.ts';
import { formatAge } from './duration.ts';
import { createPalette } from './palette.ts';
import { countOf, momentText } from './promotion-words.ts';
import { keptText, mayGoText, pruneSummary } from './prune-words.ts';
import { table } from './table.ts';

export interface PruneTextOptions {
  /** Width of the terminal; absent when the output is not one. */
  readonly columns: number | undefined;
  readonly color: boolean;
  readonly now: Date;
}

const ACTIONS = ['deregister', 'retire', 'wait', 'keep'] as const;
const HEAD = ['DO', 'IMAGE', 'VERSION', 'ARCH', 'AGE', 'AMIS', 'SIZE', 'A MONTH', 'WHY'];

/** Every version, what becomes of it and why; then what that saves. */
export function pruneText(plan: PrunePlan, { columns, color, now }: PruneTextOptions): string {
  const paint = createPalette(color);
  if (plan.decisions.length === 0) return `No images of ${plan.project} anywhere.`;
  const ordered = ACTIONS.flatMap((action) => plan.decisions.filter((one) => one.action === action));
  const colours = { deregister: paint.red, retire: paint.yellow, wait: paint.cyan, keep: paint.dim };
  const paintCell = (column: number, text: string) =>
    column === 0 ? colours[text as keyof typeof colours] : undefined;
  const rows = ordered.map((decision) => rowOf(decision, now));
  return [table(rows, { head: HEAD, columns, color, alignRight: [5, 6, 7], paintCell }), '', savesText(plan)].join(
    '\n',
  );
}

function rowOf(decision: PruneDecision, now: Date): readonly string[] {
  const { action, image, version, architecture, createdAt, images, bytes, usdPerMonth } = decision;
  const age = Number.isNaN(Date.parse(createdAt)) ? '' : formatAge(new Date(createdAt), now);
  const why = whyText(decision);
  return [action, image, version, architecture, age, `${images.length}`, formatBytes(bytes), usd(usdPerMonth), why];
}

function whyText(decision: PruneDecision): string {
  const { retiredAt } = decision;
  switch (decision.action) {
    case 'retire':
      return retiredAt === undefined ? 'nothing needs it' : 'retired in part';
    case 'deregister':
      return `retired since ${momentText(retiredAt ?? '')}`;
    case 'wait':
      return `retired; ${mayGoText(decision.deregisterAfter)}`;
    case 'keep': {
      const [first, ...others] = decision.because;
      const more = others.length === 0 ? '' : `, and ${countOf(others.length, 'more reason')}`;
      const reason = first === undefined ? '' : `${keptText(first)}${more}`;
      const { image, version } = decision;
      return retiredAt === undefined ? reason : `retired, and needed: ${reason}; bake prune --undo ${image}@${version}`;
    }
  }
}

const usd = (amount: number): string => (amount > 0 && amount < 0.005 ? '<$0.01' : `$${amount.toFixed(2)}`);

function savesText(plan: PrunePlan): string {
  const { bytes, usdPerMonth, verified, asOf } = plan.saves;
  const summary = pruneSummary(plan);
  if (bytes === 0) return summary;
  const doubt = verified ? '' : '; not all of them are verified';
  return `${summary}; ${formatBytes(bytes)} and at most ${usd(usdPerMonth)} a month saved in the end (prices of ${asOf}${doubt})`;
}
