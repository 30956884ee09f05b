import { targetId } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import type { Site } from '../../model/promotion.ts';

export function copyQuota(source: string, site: Site, cause: unknown): BakeError {
  return new BakeError({
    code: 'copy-quota',
    message: `${source} cannot be copied to ${targetId(site)} now: as many copies as EC2 allows are under way there`,
    hint: 'Run the same command again when they are done, or lower `snapshotCopies` of the channel.',
    details: [String(cause)],
    blame: 'cloud',
    cause,
  });
}

export function sharingQuota(imageId: string, site: Site, cause: unknown): BakeError {
  return new BakeError({
    code: 'sharing-quota',
    message: `${imageId} in ${targetId(site)} cannot be shared with as many`,
    hint: 'Share with the organization, which counts as one, or have the quota of the region raised (Service Quotas, EC2, AMI sharing).',
    details: [String(cause)],
    blame: 'user',
    cause,
  });
}

export function nameTaken(name: string, site: Site, cause: unknown): BakeError {
  return new BakeError({
    code: 'image-name-taken',
    message: `${targetId(site)} has another image with the name ${name}`,
    hint: 'Deregister it, if nobody needs it, then run the same command again. The name of one that is gone is free again after a while.',
    details: [String(cause)],
    blame: 'user',
    cause,
  });
}

interface Refusal {
  readonly target: Site;
  readonly name: string;
  readonly imageId: string;
  /** What the parameter says now. */
  readonly holds: string | undefined;
  /** Of the image, as the target sees it; undefined: not at all. */
  readonly state: string | undefined;
}

export function pointerNotAccepted({ target, name, imageId, holds, state }: Refusal): BakeError {
  const there = targetId(target);
  const still = holds === undefined ? 'there is no such parameter yet' : `it says ${holds}`;
  return new BakeError({
    code: 'pointer-not-accepted',
    message: `SSM in ${there} has not taken ${imageId} for the parameter ${name}: ${still}`,
    hint: REASONS[state ?? 'nowhere'] ?? 'The image must be available: look at it, then run the same command again.',
    details: [state === undefined ? `EC2 shows no ${imageId} in ${there}` : `EC2 says that ${imageId} is ${state}`],
    blame: 'cloud',
  });
}

const REASONS: Readonly<Record<string, string>> = {
  nowhere: 'Is the image there, and shared with the account? bake verify tells, and --repair mends it.',
  available: 'The image can be seen, so SSM may only be slow: run the same command again.',
};
