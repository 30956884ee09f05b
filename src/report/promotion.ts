import { type BakeEvent, unreachable } from '../model/events.ts';
import type { PointerName, PromotionPlan, SiteStep } from '../model/promotion.ts';
import { formatBytes } from './bytes.ts';

type EventOf<Type extends BakeEvent['type']> = Extract<BakeEvent, { type: Type }>;

/** A step of a promotion on one line. */
export function stepText(step: SiteStep): string {
  switch (step.do) {
    case 'grant':
      return `let ${step.account} copy ${step.imageId}`;
    case 'copy':
      return `copy as ${step.request.name}, ${formatBytes(step.bytes)}`;
    case 'wait':
      return step.imageId === null ? 'wait for the copy' : `wait for ${step.imageId}`;
    case 'remove-dead':
      return `remove the failed copy ${step.imageId}`;
    case 'tag':
      return `tag ${step.resources.join(', ')}: ${Object.keys(step.tags).join(', ')}`;
    case 'share-snapshots':
      return `share ${step.snapshotIds.join(', ') || 'its snapshots'} with ${step.accounts.join(', ')}`;
    case 'share-image': {
      const { accounts, organizations, organizationalUnits, public: all } = step.add;
      const whom = [...accounts, ...organizations, ...organizationalUnits, ...(all ? ['everybody'] : [])];
      return `share ${step.imageId ?? 'it'} with ${whom.join(', ')}`;
    }
    case 'deprecate':
      return `deprecate ${step.imageId ?? 'it'} at ${step.at}`;
    case 'protect':
      return `protect ${step.imageId ?? 'it'} from deregistration${step.protection === 'with-cooldown' ? ', with cool-down' : ''}`;
    case 'revoke':
      return `let ${step.account} copy ${step.imageId} no longer`;
    default:
      return unreachable(step);
  }
}

export const progressText = ({ imageId, percent }: EventOf<'site-progress'>): string => `${imageId} ${percent} %`;

const pointerText = ({ kind, name }: PointerName): string =>
  `${kind === 'parameter' ? 'parameter' : 'launch template'} ${name}`;

type OfPointer = EventOf<'pointer-moved' | 'pointer-put-back'>;
export const pointerTitle = ({ target, pointer }: OfPointer): string => `${target} ${pointerText(pointer)}`;

/** `ami-1 → ami-2`. */
export const changeText = ({ from, to }: EventOf<'pointer-moved'>): string =>
  from === undefined ? to : `${from} → ${to}`;

export const backText = ({ to }: EventOf<'pointer-put-back'>): string =>
  to === undefined ? 'removed again' : `put back to ${to}`;

/** `2 to copy, 1 to change, 3 ready, 4 pointers to move`. */
export function planSummary({ sites, leftovers, pointers }: PromotionPlan): string {
  const copies = sites.filter(({ steps }) => steps.some((step) => step.do === 'copy')).length;
  const ready = sites.filter(({ steps }) => steps.length === 0).length;
  const moves = pointers.reduce((sum, target) => sum + target.moves.length, 0);
  const counts = [
    ...(copies === 0 ? [] : [`${copies} to copy`]),
    ...(copies + ready === sites.length ? [] : [`${sites.length - copies - ready} to change`]),
    ...(ready === 0 ? [] : [`${ready} ready`]),
    ...(leftovers.length === 0 ? [] : [`${leftovers.length} left over`]),
    ...(moves === 0 ? [] : [`${moves} ${moves === 1 ? 'pointer' : 'pointers'} to move`]),
  ];
  return counts.length === 0 ? 'nothing to do' : counts.join(', ');
}
