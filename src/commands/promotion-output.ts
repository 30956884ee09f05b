import type { CallCount } from '../model/call-count.ts';
import { usage } from '../model/errors.ts';
import { groupBy } from '../model/group.ts';
import type { PromotionPlan } from '../model/promotion.ts';
import { estimatePlan } from '../plan/promotion/estimate.ts';
import { chooseColor } from '../report/mode.ts';
import { promotionText } from '../report/promotion-text.ts';
import { wrapped } from '../report/text.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import { type CommandIo, columnsOf } from './io.ts';
import type { OpenChannel } from './open-promotion.ts';
import type { Unchecked } from './promotion-sites.ts';

/** The plan for people, with what it takes and what nobody can tell beforehand. */
export function planText(
  plan: PromotionPlan,
  { config, channel }: OpenChannel,
  unchecked: readonly Unchecked[],
  io: CommandIo,
): string {
  const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
  const estimates = estimatePlan(plan, { prices: config.prices, snapshotCopies: channel.snapshotCopies });
  const text = promotionText(plan, estimates, { columns: columnsOf(io), color });
  if (unchecked.length === 0) return text;
  const lines = groupBy(unchecked, ({ detail }) => detail).map(uncheckedLine);
  return [text, '', 'not known beforehand:', ...lines.map((line) => wrapped(line, columnsOf(io), 4))].join('\n');
}

function uncheckedLine(alike: readonly [Unchecked, ...Unchecked[]]): string {
  const checks = [...new Set(alike.map(({ check }) => check))].join(', ');
  const [where, ...others] = new Set(alike.map((one) => one.where));
  return `  ${checks}: ${alike[0].detail} (${others.length === 0 ? where : `${others.length + 1} sites`})`;
}

/** What has come of it. */
export const heldText = ({ channel, image, version }: Promotion): string => `${channel.name} holds ${image} ${version}`;

/** After Ctrl-C. */
export const STOPPED =
  'Copies that were begun go on in EC2. Run the same command again: it finishes what is unfinished, and copies nothing twice.';

/** `87 calls: DescribeImages 34, CopyImage 5 …; 2 repeated`. */
export function countsText(counts: readonly CallCount[]): string {
  const byAction = new Map<string, number>();
  for (const { action, calls } of counts) byAction.set(action, (byAction.get(action) ?? 0) + calls);
  const all = [...byAction.values()].reduce((sum, calls) => sum + calls, 0);
  const most = [...byAction].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const retries = counts.reduce((sum, { retries: more }) => sum + more, 0);
  const repeated = retries === 0 ? '' : `; ${retries} repeated`;
  return `${all} calls: ${most.map(([action, calls]) => `${action} ${calls}`).join(', ')}${repeated}`;
}

/** A plan that was saved. Throws `usage` for anything else. */
export function readPlan(text: string): PromotionPlan {
  const hint = 'Make one: bake promote <image> --to <channel> --dry-run --plan-out FILE.';
  let plan: Partial<PromotionPlan> | null;
  try {
    plan = JSON.parse(text) as Partial<PromotionPlan> | null;
  } catch {
    throw usage('the file of --plan is not JSON', hint);
  }
  if (typeof plan !== 'object' || plan === null || !Array.isArray(plan.sites))
    throw usage('the file of --plan holds no plan', hint);
  if (plan.version === 1) return plan as PromotionPlan;
  throw usage(`the plan is of version ${JSON.stringify(plan.version)}, which this version of bake does not know`, hint);
}
