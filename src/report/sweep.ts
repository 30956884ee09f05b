import { groupBy } from '../model/group.ts';
import { type Leftover, type LeftoverReason, leftoverTitle, type Spared, type SweepPlan } from '../model/sweep.ts';
import { formatAge, formatDuration } from './duration.ts';
import { createPalette } from './palette.ts';
import { table } from './table.ts';

/** What it was, where its run does not say. */
const REASONS: Readonly<Record<LeftoverReason, string>> = {
  run: '',
  unfinished: 'unfinished bake',
  'failed-copy': 'copy that failed',
  'no-image': 'its image is gone',
};

export interface SweepText {
  readonly now: Date;
  readonly columns: number | undefined;
  readonly color: boolean;
}

/** `3 left over, 2 spared; 1 of 4 sites could not be read`. */
export function sweepSummary(plan: SweepPlan): string {
  const { sites, leftovers, spared } = plan;
  const failed = unread(plan);
  const counts = [
    leftovers.length === 0 ? 'nothing left over' : `${leftovers.length} left over`,
    ...(spared.length === 0 ? [] : [`${spared.length} spared`]),
  ];
  return counts.join(', ') + (failed === 0 ? '' : `; ${failed} of ${sites.length} sites could not be read`);
}

/** What goes, what is left alone and why, and where nobody could look. */
export function sweepText(plan: SweepPlan, { now, columns, color }: SweepText): string {
  const paint = createPalette(color);
  const head = ['SITE', 'KIND', 'ID', 'NAME', 'RUN', 'AGE'];
  const rows = plan.leftovers.map((leftover) => row(leftover, now));
  const problems = plan.sites.flatMap(({ error }) =>
    error === undefined
      ? []
      : [
          `${paint.red('!')} ${error.message}`,
          ...(error.details ?? []).map((line) => `  ${line}`),
          ...(error.hint === undefined ? [] : [`  ${paint.cyan('→')} ${error.hint}`]),
        ],
  );
  return [
    rows.length === 0
      ? `Nothing is left of dead runs of ${plan.project} at ${sitesText(plan.sites.length - unread(plan))}.`
      : table(rows, { head, columns, color }),
    ...groupBy(plan.spared, ({ run, site, of, id }) => run ?? `${site} ${of ?? id}`).map((group) =>
      paint.dim(sparedText(group, plan)),
    ),
    ...problems,
  ].join('\n');
}

const sitesText = (count: number): string => `${count} ${count === 1 ? 'site' : 'sites'}`;

const unread = ({ sites }: SweepPlan): number => sites.filter(({ error }) => error !== undefined).length;

function row({ site, kind, id, name, why, run, createdAt }: Leftover, now: Date): string[] {
  const age = createdAt === undefined ? '-' : formatAge(new Date(createdAt), now);
  return [site, kind.replace('-', ' '), id, name === id ? '-' : name, run ?? REASONS[why], age];
}

/** `left alone: instance i-…, key pair bake/…: run 2026… is alive`. */
function sparedText(group: readonly [Spared, ...Spared[]], { olderThan }: SweepPlan): string {
  const [{ run, because, image }] = group;
  const what = group.map(leftoverTitle).join(', ');
  return `left alone: ${what}: ${why()}`;

  function why(): string {
    const whose = run === undefined ? 'its bake' : `run ${run}`;
    switch (because.why) {
      case 'alive':
        return `${whose} is alive`;
      case 'young':
        return `${whose} has made something in the last ${formatDuration(olderThan)}`;
      case 'leased':
        return because.error === undefined
          ? `${image} is being promoted`
          : `whether ${image} is being promoted could not be found out: ${because.error.message}`;
    }
  }
}
