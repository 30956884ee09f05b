import type { Channel, ResolvedTarget } from '../../model/channel.ts';
import type { ImageName, ProjectName, RunId, Version } from '../../model/ids.ts';
import type { Tags } from '../../model/image.ts';
import type { ChannelMove, Wanted } from '../../model/promotion.ts';

/** What the instances of an image start with: part of launch templates. */
export interface TemplateContent {
  readonly userData: Buffer;
  readonly instanceProfile?: string;
  readonly tags: Tags;
}

/** One version of one image, to be brought to one channel. */
export interface Promotion {
  readonly project: ProjectName;
  readonly channel: Channel;
  readonly action: ChannelMove['action'];
  readonly image: ImageName;
  readonly version: Version;
  readonly targets: readonly ResolvedTarget[];
  readonly wanted: readonly Wanted[];
  /** Needed where the channel has launch templates. */
  readonly template?: TemplateContent;
  /** ARN of the caller. */
  readonly by: string;
  readonly approvedBy?: string;
  readonly run: RunId;
}
