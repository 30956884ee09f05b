import { targetId } from '../model/channel.ts';
import type { PointerMove, PromotionPlan, SitePlan, SiteStep } from '../model/promotion.ts';
import { createPalette } from './palette.ts';
import {
  countOf,
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

const OK = 'ok';
const DRIFT = 'DRIFT';

/** A plan as what is not as it should be. No newline at the end. */
export function driftText(plan: PromotionPlan, { columns, color }: PromotionTextOptions): string {
  const paint = createPalette(color);
  const sections = sectionsOf(plan);
  const count = sections.flatMap(({ rows }) => rows).filter(([sign]) => sign === DRIFT).length;
  const cell = (column: number, text: string) =>
    column > 0 ? undefined : text === DRIFT ? paint.red : text === OK ? paint.green : undefined;
  return [
    `${versionsText(plan)} in ${plan.channel}`,
    '',
    ...sectionsText(sections, { title: paint.bold, cell }, columns),
    '',
    count === 0 ? 'all is as it should be' : `${countOf(count, 'difference')}; ${wayOut(plan)}`,
  ].join('\n');
}

function wayOut({ images, channel }: PromotionPlan): string {
  const [only] = images;
  const image = images.length === 1 && only !== undefined ? only.image : '<image>';
  return `to mend: bake verify ${image} --channel ${channel} --repair`;
}

function sectionsOf({ sites, pointers, leftovers }: PromotionPlan): readonly Section[] {
  return [
    ...siteSections(sites, siteRows),
    ...(leftovers.length === 0
      ? []
      : [{ title: 'permissions left over', rows: leftovers.map((step) => [DRIFT, '', wrongOf(step)]) }]),
    ...pointers.map(({ target, moves }) => ({
      title: `pointers of ${targetId(target)}`,
      rows: moves.map((move) => [DRIFT, move.node, pointerText(move)]),
    })),
  ];
}

function siteRows({ node, imageId, steps }: SitePlan): Section['rows'] {
  const wrong = wrongSteps(steps);
  if (wrong.length === 0) return [[OK, node, imageId ?? '']];
  return wrong.map((step) => [DRIFT, node, wrongOf(step)]);
}

/** Of a copy that is missing, that it is: all else follows from it. */
function wrongSteps(steps: readonly SiteStep[]): readonly SiteStep[] {
  const isMissing = steps.some((step) => step.do === 'copy');
  return isMissing ? steps.filter((step) => step.do === 'copy' || step.do === 'remove-dead') : steps;
}

function wrongOf(step: SiteStep): string {
  switch (step.do) {
    case 'grant':
      return `${step.account} may not copy ${step.imageId}`;
    case 'copy':
      return step.request.attempt === 1 ? 'is not there' : 'is not there: the last copy failed';
    case 'wait':
      return `${step.imageId} is still being copied`;
    case 'remove-dead':
      return `${step.imageId} is left of a copy that failed: ${step.reason}`;
    case 'tag':
      return `${resourcesText(step.resources)}: lost ${Object.keys(step.tags).join(', ')}`;
    case 'share-snapshots':
      return `${countOf(step.snapshotIds.length, 'snapshot')} not shared with ${step.accounts.join(', ')}`;
    case 'share-image':
      return `${step.imageId} is not shared with ${sharingText(step.add)}`;
    case 'deprecate':
      return `${step.imageId} is not deprecated on ${momentText(step.at)}`;
    case 'protect': {
      if (step.protection === 'off') return `${step.imageId} is protected from deregistration`;
      const cooldown = step.protection === 'with-cooldown' ? ' with cooldown' : '';
      return `${step.imageId} is not protected from deregistration${cooldown}`;
    }
    case 'revoke':
      return `${step.account} may still copy ${step.imageId}`;
  }
}

function pointerText({ kind, name, from, to }: PointerMove): string {
  const pointer = `${KINDS[kind]} ${name}`;
  if (from === undefined) return `${pointer} is not there`;
  if (from.imageId === to) return `${pointer} has other user-data`;
  return `${pointer} is ${from.imageId}, not ${to ?? 'the copy, which is not there'}`;
}
