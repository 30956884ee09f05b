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
