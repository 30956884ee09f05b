import { targetId } from '../model/channel.ts';
import { unreachable } from '../model/events.ts';
import type { KeptBecause, PruneDecision, PrunePlan, RetireStep } from '../model/prune.ts';
import { momentText, sharingText } from './promotion-words.ts';
import { plainLine } from './text.ts';

export const mayGoText = (deregisterAfter: string): string => `to be deregistered after ${momentText(deregisterAfter)}`;

/** `disable ami-0123 in 111122223333/eu-west-1`. */
export function retireStepText(step: RetireStep): string {
  return `${doingText(step)} in ${targetId(step.site)}`;
}

function doingText(step: RetireStep): string {
  switch (step.do) {
    case 'mark':
      return `mark ${step.imageId} as retired`;
    case 'deprecate':
      return `deprecate ${step.imageId} on ${momentText(step.at)}`;
    case 'disable':
      return `disable ${step.imageId}`;
    case 'protect':
      return `${step.protection === 'off' ? 'unprotect' : 'protect'} ${step.imageId}`;
    case 'deregister':
      return `deregister ${step.imageId} and ${step.snapshotIds.length} snapshots`;
    case 'enable':
      return `enable ${step.imageId}`;
    case 'share':
      return `share ${step.imageId} with ${sharingText(step.add)}`;
    case 'undeprecate':
      return `take the deprecation off ${step.imageId}`;
    case 'unmark':
      return `take the mark off ${step.imageId}`;
    default:
      return unreachable(step);
  }
}

/** `2 to retire, 1 to deregister, 3 waiting, 40 kept`. */
export function pruneSummary({ decisions }: PrunePlan): string {
  const count = (action: PruneDecision['action']) => decisions.filter((one) => one.action === action).length;
  const words = [
    ['retire', 'to retire'],
    ['deregister', 'to deregister'],
    ['wait', 'waiting'],
    ['keep', 'kept'],
  ] as const;
  const counts = words.flatMap(([action, text]) => (count(action) === 0 ? [] : [`${count(action)} ${text}`]));
  return counts.length === 0 ? 'there are no images' : counts.join(', ');
}

/** Why a version stays, in few words. */
export function keptText(because: KeptBecause): string {
  switch (because.why) {
    case 'no-rule':
      return 'its image has no `keep`';
    case 'not-configured':
      return 'its image is not in the configuration';
    case 'not-selected':
      return 'not asked for';
    case 'newest':
      return because.last === 1 ? 'the newest' : `one of the newest ${because.last}`;
    case 'young':
      return `made within ${because.days} days`;
    case 'launched':
      return `launched on ${because.at.slice(0, 10)}`;
    case 'channel':
      return because.holds === 'now'
        ? `channel ${because.channel} holds it`
        : `channel ${because.channel} held it before`;
    case 'parent':
      return `parent of ${because.of}`;
    case 'source':
      return `${plainLine(because.of)} was baked from it`;
    case 'pinned':
      return 'pinned in bake.lock.json';
    case 'reference':
      return `${because.kind} ${plainLine(because.name)} in ${because.where}`;
    case 'baking':
      return `a bake may be under way (${plainLine(because.reservation)})`;
    case 'promoting':
      return `it is being promoted: ${plainLine(because.detail)}`;
    case 'copying':
      return `a copy is under way in ${because.where}`;
    case 'unfinished':
      return 'never finished';
    case 'disabled':
      return `disabled by somebody else in ${because.where}`;
    case 'protected':
      return `protected by somebody else in ${because.where}`;
    case 'state':
      return `${because.state} in ${because.where}`;
    case 'mark-unreadable':
      return `its tag bake:retired in ${because.where} is not one of ours`;
    default:
      return unreachable(because);
  }
}
