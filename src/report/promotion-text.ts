import { targetId } from '../model/channel.ts';
import type { Estimate, PlanEstimate } from '../model/prices.ts';
import type { PointerMove, PromotionPlan, SitePlan, SiteStep, WantedId } from '../model/promotion.ts';
import { formatBytes } from './bytes.ts';
import { createPalette, type Palette } from './palette.ts';
import {
  countOf,
  imageText,
  KINDS,
  momentText,
  type PromotionTextOptions,
  resourcesText,
  type Section,
  sectionsText,
  sharingText,
  siteSections,
  versionsText,
} from './promotion-words.ts';
import { wrapped } from './text.ts';
import { formatUsd } from './usd.ts';

export interface PlanEstimates {
  readonly each: ReadonlyMap<WantedId, Estimate>;
  /** Undefined: nothing is copied. */
  readonly together: PlanEstimate | undefined;
}

const NOTHING = 'nothing to do';

/** What a promotion, a repair or a rollback is going to do, for people. No newline at the end. */
export function promotionText(plan: PromotionPlan, estimates: PlanEstimates, options: PromotionTextOptions): string {
  const paint = createPalette(options.color);
  const { leftovers } = plan;
  if (plan.sites.every(({ steps }) => steps.length === 0) && leftovers.length === 0 && plan.pointers.length === 0) {
    const isHeld = plan.images.every(({ image, version }) => plan.holds[image] === version);
    const all = `${NOTHING} at the targets: each has it, and every pointer points at it`;
    const rest = isHeld ? '' : `; only that ${plan.channel} holds it is to be written down`;
    return [headLine(plan), '', wrapped(`${all}${rest}`, options.columns)].join('\n');
  }
  const { each, together } = estimates;
  const sections = [
    ...siteSections(plan.sites, (site) => siteRows(site, each.get(site.id))),
    ...leftoverSections(leftovers),
    ...pointerSections(plan),
  ];
  const painting = { title: paint.bold, cell: (_: number, text: string) => paintOf(text, paint) };
  return [
    headLine(plan),
    '',
    ...sectionsText(sections, painting, options.columns),
    ...(together === undefined ? [] : ['', wrapped(togetherLine(together), options.columns)]),
  ].join('\n');
}

function headLine(plan: PromotionPlan): string {
  const { action, channel, images, holds } = plan;
  const held = images.flatMap(({ image, version }) => {
    const now = holds[image];
    if (now === undefined || now === version) return [];
    return [images.length === 1 ? now : `${image} ${now}`];
  });
  const instead = held.length === 0 ? '' : `, which holds ${held.join(', ')}`;
  if (action === 'promote') return `promote ${versionsText(plan)} to ${channel}${instead}`;
  if (action === 'rollback') return `roll back to ${versionsText(plan)} in ${channel}${instead}`;
  return `repair ${versionsText(plan)} in ${channel}${instead}`;
}

function siteRows({ node, imageId, steps }: SitePlan, estimate: Estimate | undefined): Section['rows'] {
  // A copy that is only planned is waited for as a matter of course.
  const shown = steps.filter((step) => step.do !== 'wait' || step.imageId !== null);
  if (shown.length === 0) return [[node, NOTHING, imageId ?? '']];
  return shown.map((step, position) => [position === 0 ? node : '', ...stepCells(step, estimate)]);
}

const leftoverSections = (leftovers: readonly SiteStep[]): readonly Section[] =>
  leftovers.length === 0
    ? []
    : [{ title: 'permissions left over', rows: leftovers.map((step) => ['', ...stepCells(step, undefined)]) }];

/** What is done, and to what. */
function stepCells(step: SiteStep, estimate: Estimate | undefined): readonly [string, string] {
  switch (step.do) {
    case 'grant':
      return ['grant', `${step.account} may copy ${step.imageId} until it has`];
    case 'copy':
      return ['copy', copyText(step, estimate)];
    case 'wait':
      return ['wait', `for ${step.imageId}, which is being copied`];
    case 'remove-dead':
      return ['remove', `${step.imageId}, a copy that failed: ${step.reason}`];
    case 'tag':
      return ['tag', `${resourcesText(step.resources)}: ${Object.keys(step.tags).join(', ')}`];
    case 'share-snapshots': {
      const { snapshotIds, accounts } = step;
      const what = snapshotIds.length === 0 ? 'its snapshots' : countOf(snapshotIds.length, 'snapshot');
      return ['share', `${what} with ${accounts.join(', ')}`];
    }
    case 'share-image':
      return ['share', `${imageText(step.imageId)} with ${sharingText(step.add)}`];
    case 'deprecate':
      return ['deprecate', `${imageText(step.imageId)} on ${momentText(step.at)}`];
    case 'protect': {
      const { protection } = step;
      if (protection === 'off') return ['unprotect', `${imageText(step.imageId)}: it may be deregistered`];
      const cooldown = protection === 'with-cooldown' ? ', with cooldown' : '';
      return ['protect', `${imageText(step.imageId)} from deregistration${cooldown}`];
    }
    case 'revoke':
      return ['revoke', `${step.account} may no longer copy ${step.imageId}`];
  }
}

function copyText(
  { bytes, request }: Extract<SiteStep, { readonly do: 'copy' }>,
  estimate: Estimate | undefined,
): string {
  return [
    formatBytes(bytes),
    ...(estimate === undefined ? [] : [`~${estimate.minutes} min`, costText(estimate)]),
    ...(request.kmsKey === undefined ? [] : [`encrypted with ${request.kmsKey}`]),
    ...(request.attempt === 1 ? [] : [`attempt ${request.attempt}`]),
  ].join(', ');
}

function costText({ transferUsd, storageUsdPerMonth, verified }: Estimate): string {
  const cost = `${formatUsd(transferUsd)} + ${formatUsd(storageUsdPerMonth)}/month`;
  return verified ? cost : `${cost} (unverified)`;
}

function togetherLine({ copies, bytes, minutes, transferUsd, storageUsdPerMonth, verified, asOf }: PlanEstimate) {
  const size = `${copies} ${copies === 1 ? 'copy' : 'copies'}, ${formatBytes(bytes)}, ~${minutes} min`;
  const cost = `at most ${formatUsd(transferUsd)} for transfer and ${formatUsd(storageUsdPerMonth)} a month for storage`;
  const doubt = verified ? '' : '; not all of them are verified';
  return `${size}; ${cost} (prices of ${asOf}${doubt})`;
}

function pointerSections({ pointers, sites }: PromotionPlan): readonly Section[] {
  const sections = pointers.map(({ target, moves }) => ({
    title: `pointers of ${targetId(target)}`,
    rows: moves.map((move) => [move.node, KINDS[move.kind], `${move.name}: ${moveText(move)}`]),
  }));
  const waits = sections.length > 0 && sites.some(({ steps }) => steps.length > 0);
  return waits ? [{ title: 'when all targets are ready:', rows: [] }, ...sections] : sections;
}

function moveText({ from, to }: PointerMove): string {
  if (from === undefined) return `none → ${imageText(to)}`;
  if (from.imageId === to) return `${to} stays, with other user-data`;
  return `${from.imageId} → ${imageText(to)}`;
}

function paintOf(text: string, paint: Palette) {
  if (text === NOTHING) return paint.dim;
  if (text === 'remove' || text === 'revoke') return paint.yellow;
  return text === 'copy' ? paint.green : undefined;
}
