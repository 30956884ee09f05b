import { targetId } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import type { RetireStep } from '../../model/prune.ts';

export const coolingDown = ({ imageId, site }: RetireStep, cause: unknown): BakeError =>
  new BakeError({
    code: 'image-protected',
    message: `${imageId} in ${targetId(site)} is still protected from being deregistered: ${(cause as Error).message}`,
    hint: 'A protection with cooldown ends 24 hours after it was switched off: run bake prune --yes again then.',
    blame: 'cloud',
    cause,
  });
