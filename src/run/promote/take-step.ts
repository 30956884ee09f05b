import { BakeError } from '../../model/errors.ts';
import { unreachable } from '../../model/events.ts';
import type { AmiId } from '../../model/ids.ts';
import { type ObservedImage, type SiteStep, wantedId } from '../../model/promotion.ts';
import type { Converging } from './converge.ts';
import type { Desk } from './desk.ts';
import { startCopy } from './start-copy.ts';

/** A copy under way, and its place among those of the region. */
export interface Begun {
  readonly imageId: AmiId;
  readonly release: () => void;
  /** As it is when it has been waited for; without permissions. */
  readonly image?: ObservedImage;
}

/** Does one step. Each may be repeated. Resolves to a copy that it begins or waits for. */
export async function takeStep(
  one: Converging,
  step: SiteStep,
  { there, begun }: { readonly there: readonly ObservedImage[]; readonly begun: Begun | undefined },
): Promise<Begun | undefined> {
  const { images } = one.desks(one.wanted.site);
  switch (step.do) {
    case 'copy':
      return copy(one, step);
    case 'wait':
      return wait(one, step.imageId ?? theCopy(begun?.imageId), begun);
    case 'remove-dead':
      for (const dead of there) if (dead.imageId === step.imageId) await images.removeFailed(dead);
      return undefined;
    case 'tag':
      await images.tag(step.resources, step.tags);
      return undefined;
    case 'share-snapshots':
      for (const snapshotId of step.snapshotIds) await images.addVolumePermissions(snapshotId, step.accounts);
      return undefined;
    case 'share-image':
      await images.addLaunchPermissions(theCopy(step.imageId), step.add);
      return undefined;
    case 'deprecate':
      await images.deprecate(theCopy(step.imageId), step.at);
      return undefined;
    case 'protect':
      await images.protect(theCopy(step.imageId), step.protection);
      return undefined;
    case 'grant':
    case 'revoke':
      // Of all regions of an account together: Grants.
      return undefined;
    default:
      return unreachable(step);
  }
}

async function copy(one: Converging, step: Extract<SiteStep, { do: 'copy' }>): Promise<Begun> {
  const { wanted, grants, signal, effects } = one;
  const desk = one.desks(wanted.site);
  const release = await desk.copies.take(step.snapshots, signal);
  try {
    await grants.ensure(wanted);
    one.copying = true;
    const foreign = wanted.site.account !== wanted.source.ami.site.account;
    const { clock, pollSeconds, emit } = effects;
    emit({ type: 'site-step', id: wantedId(wanted), step });
    const imageId = await startCopy(desk, { request: step.request, foreign, signal, clock, pollSeconds });
    return { imageId, release };
  } catch (error) {
    release();
    throw error;
  }
}

async function wait(one: Converging, imageId: AmiId, begun: Begun | undefined): Promise<Begun> {
  const { wanted, signal, effects } = one;
  const desk: Desk = one.desks(wanted.site);
  // Begun by an earlier run, or by somebody else: it counts all the same.
  const release = begun === undefined ? desk.copies.occupy(wanted.source.ami.snapshots.length) : () => {};
  one.copying = true;
  let shown = -1;
  const onProgress = (percent: number): void => {
    if (percent === shown) return;
    shown = percent;
    effects.emit({ type: 'site-progress', id: wantedId(wanted), imageId, percent });
  };
  const onUnseen = (): void => {
    const message = `${wantedId(wanted)}: EC2 has accepted the copy ${imageId} and does not list it`;
    const hint = 'Was it deregistered? Then EC2 answers so for minutes, and another copy is made after five.';
    effects.emit({ type: 'warning', warning: { code: 'copy-not-listed', message, hint } });
  };
  const onSilent = ({ message: answer }: BakeError): void => {
    const message = `${wantedId(wanted)}: EC2 does not say how far ${imageId} is: ${answer}`;
    const hint = `It is asked again until channels.${wanted.channel}.targetTimeLimit is over.`;
    effects.emit({ type: 'warning', warning: { code: 'site-not-answering', message, hint } });
  };
  try {
    const image = await desk.watch.available(imageId, { signal, onProgress, onUnseen, onSilent });
    one.copying = false;
    return { imageId, image, release: begun?.release ?? release };
  } catch (error) {
    // What has failed needs no permissions any more.
    if (error instanceof BakeError && (error.code === 'copy-failed' || error.code === 'copy-gone')) one.copying = false;
    throw error;
  } finally {
    release();
  }
}

function theCopy(imageId: AmiId | null | undefined): AmiId {
  if (imageId === null || imageId === undefined) throw new Error('a step of a copy that is not made yet');
  return imageId;
}
