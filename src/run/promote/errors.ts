import { targetId } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import { type ObservedImage, type Site, type TraitDifference, type Wanted, wantedId } from '../../model/promotion.ts';
import type { Promotion } from './promotion.ts';

const AGAIN = 'Run the same command again';

type Failed = Pick<ObservedImage, 'imageId' | 'site' | 'state' | 'reason' | 'snapshots'>;

export function copyFailed({ imageId, site, state, reason, snapshots }: Failed): BakeError {
  const said = snapshots.flatMap(({ snapshotId, message }) =>
    message === undefined || message === '' ? [] : [`${snapshotId}: ${message}`],
  );
  return new BakeError({
    code: 'copy-failed',
    message: `copy ${imageId} in ${targetId(site)} ended ${state}${reason === undefined ? '' : `: ${reason}`}`,
    hint: `Put right what is said above, a key or its policy mostly. ${AGAIN}: it makes another copy, and removes this one.`,
    details: said,
    blame: 'cloud',
  });
}

/** EC2 has accepted it, and there is no such AMI. */
export function copyGone(imageId: string, site: Site): BakeError {
  return new BakeError({
    code: 'copy-gone',
    message: `copy ${imageId} in ${targetId(site)} was accepted and does not exist`,
    hint: `Does something remove AMIs there? ${AGAIN}.`,
    blame: 'cloud',
  });
}

export function copyDiffers(wanted: Wanted, imageId: string, differences: readonly TraitDifference[]): BakeError {
  return new BakeError({
    code: 'copy-differs',
    message: `${wantedId(wanted)}: ${imageId} is not as its source ${wanted.source.ami.imageId}; it is shared with nobody`,
    hint: `Deregister ${imageId} in ${wanted.site.region}, or enable it if it is disabled. ${AGAIN} then.`,
    details: differences.map(({ trait, source, copy }) => `${trait}: ${source} in the source, ${copy} in the copy`),
    blame: 'user',
  });
}

export function sourceGone(wanted: Wanted): BakeError {
  const { imageId, site } = wanted.source.ami;
  return new BakeError({
    code: 'image-not-found',
    message: `${wantedId(wanted)}: ${imageId} is not in ${targetId(site)} any more`,
    hint: `bake list ${wanted.source.image} shows the versions that there are.`,
    blame: 'user',
  });
}

export function siteTimedOut(wanted: Wanted, seconds: number): BakeError {
  return new BakeError({
    code: 'target-timed-out',
    message: `${wantedId(wanted)}: not ready after ${seconds} s`,
    hint: `${AGAIN}: it goes on where it was. channels.${wanted.channel}.targetTimeLimit gives it more time.`,
    blame: 'cloud',
  });
}

export function notSettling(wanted: Wanted, steps: readonly string[]): BakeError {
  return new BakeError({
    code: 'target-not-settling',
    message: `${wantedId(wanted)}: EC2 accepts what is asked for and does not show it: ${steps.join(', ')}`,
    hint: `${AGAIN} in some minutes. If it stays so, something else undoes it.`,
    blame: 'cloud',
  });
}

export function pointersUnmoved(
  { image, version, channel }: Pick<Promotion, 'image' | 'version' | 'channel'>,
  failed: readonly string[],
  all: number,
): BakeError {
  return new BakeError({
    code: 'promotion-incomplete',
    message: `${failed.length} of ${all} are not ready, so no pointer was moved: ${failed.join(', ')}`,
    hint: `bake promote ${image}@${version} --to ${channel.name} tries again what failed; what is ready stays.`,
    blame: 'cloud',
  });
}

export function pointerFailed(name: string, cause: unknown, left: readonly string[]): BakeError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const after = left.length === 0 ? 'all pointers are as before' : 'not all could be put back';
  return new BakeError({
    code: 'pointer-not-moved',
    message: `${name} could not be moved: ${said}; ${after}`,
    hint: `${AGAIN}, or bake verify --repair.`,
    details: left,
    blame: 'cloud',
    cause,
  });
}

export function pointersMixed(wrong: readonly string[]): BakeError {
  return new BakeError({
    code: 'pointers-mixed',
    message: `${wrong.length} pointers were changed by something else meanwhile: ${wrong.join(', ')}`,
    hint: `Look who does that (bake history), then ${AGAIN.toLowerCase()}.`,
    blame: 'user',
  });
}

export function channelChanged(channel: string, image: string): BakeError {
  return new BakeError({
    code: 'channel-changed',
    message: `what channel ${channel} holds of ${image} was changed by somebody else meanwhile; theirs stays`,
    hint: `bake history ${image} --channel ${channel} shows who. ${AGAIN} if this version is still wanted.`,
    blame: 'user',
  });
}
