import { type ChannelMark, channelTag, formatChannelMark, parseChannelMark } from '../../model/channel-tag.ts';
import type { ChannelName, ImageName, ProjectName } from '../../model/ids.ts';
import type { KnownImage } from '../../model/known-image.ts';
import type { Images } from '../effects.ts';
import type { ChannelMove, ChannelStates } from '../promote-effects.ts';

interface Marked {
  readonly known: KnownImage;
  readonly mark: ChannelMark;
}

/**
 * Where there is no state bucket: status tags of the images of the build region, of which the newest says what the channel
 * holds. They cannot be changed by compare-and-swap, so `write` never says that somebody else was faster; there is one
 * move for each version, without who made it.
 */
export function createTaggedStates(images: Images, project: ProjectName): ChannelStates {
  async function marked(channel: ChannelName, image: ImageName): Promise<readonly Marked[]> {
    const known = (await images.list(project)).filter((one) => one.image === image);
    return known.flatMap((one) => {
      const mark = parseChannelMark(one.tags[channelTag(channel)] ?? '');
      return mark === undefined ? [] : [{ known: one, mark }];
    });
  }
  return {
    async read(channel, image) {
      const moves = movesOf(await marked(channel, image));
      return moves.length === 0 ? undefined : { state: { version: 1, channel, image, moves }, etag: '' };
    },
    async write({ channel, image, moves: [held] }) {
      const amis = Object.values(held?.amis ?? {});
      if (held !== undefined) await images.tag(amis, { [channelTag(channel)]: formatChannelMark(held) });
      // What was moved to and taken back would be the newest still.
      const undone = (await marked(channel, image)).filter(({ known, mark }) => {
        return !amis.includes(known.imageId) && mark.at > (held?.at ?? '');
      });
      const ids = undone.map(({ known }) => known.imageId);
      if (ids.length > 0) await images.untag(ids, [channelTag(channel)]);
      return true;
    },
  };
}

/** Newest first, one for each version: that of the mark which most lately was put on any of its architectures. */
function movesOf(marked: readonly Marked[]): readonly ChannelMove[] {
  const newest = [...marked].sort((a, b) => (a.mark.at < b.mark.at ? 1 : -1));
  const moves = new Map<string, ChannelMove>();
  for (const { known, mark } of newest) {
    const { version, architecture, imageId } = known;
    const move = moves.get(version);
    const { at, action } = mark;
    if (move === undefined) {
      const amis = { [architecture]: imageId };
      moves.set(version, { imageVersion: version, action, amis, at, by: '', run: '', finished: mark.finished });
    } else if (move.at === at) {
      moves.set(version, {
        ...move,
        amis: { ...move.amis, [architecture]: imageId },
        finished: move.finished && mark.finished,
      });
    }
  }
  return [...moves.values()];
}
