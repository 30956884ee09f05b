import { NOT_SHARED } from '../../src/model/channel.ts';
import type { Tags } from '../../src/model/image.ts';
import { retiredTags } from '../../src/model/retired.ts';

/** As the run that retired an AMI, which nobody else could launch, left it. */
export const formatRetiredAt = (at: Date): Tags =>
  retiredTags({ at: at.toISOString(), protection: 'off', sharing: NOT_SHARED }, {});
