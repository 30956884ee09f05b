import { BakeError } from '../../model/errors.ts';
import type { AmiId } from '../../model/ids.ts';
import type { ObservedImage } from '../../model/promotion.ts';
import { isDead } from '../../plan/promotion/attempt.ts';
import type { Clock } from '../effects.ts';
import type { SiteImages } from '../promote-effects.ts';
import { copyFailed, copyGone } from './errors.ts';

export interface Waiting {
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
  readonly onProgress: (percent: number) => void;
  /** Once, where EC2 has accepted it and still does not list it. */
  readonly onUnseen?: () => void;
  /** Once for each time that EC2 stops answering: what it says instead. */
  readonly onSilent?: (error: BakeError) => void;
}

/** Waits for AMIs of one site: one call per poll asks for all of them. */
export interface ImageWatch {
  /** Throws `copy-failed`, and `copy-gone` where nothing was ever seen of it. */
  available(imageId: AmiId, waiting: Waiting): Promise<ObservedImage>;
}

/** EC2 lists what it has just made within minutes. */
const LISTED_WITHIN = 300_000;
/** And mostly within seconds. */
const UNUSUAL = 20_000;

/** Progress is for people, and costs a call of its own: with every so many-th poll. */
const POLLS_PER_PROGRESS = 3;

interface Waiter {
  readonly imageId: AmiId;
  readonly onProgress: (percent: number) => void;
  onUnseen: (() => void) | undefined;
  readonly onSilent: (error: BakeError) => void;
  readonly ready: (image: ObservedImage) => void;
  readonly fail: (error: unknown) => void;
  seen: boolean;
  /** EC2 was asked whether it is gone: once is enough for what an earlier run has got from the same request. */
  asked: boolean;
  /** Since when it is not listed. */
  missingSince: number;
}

export function createImageWatch(images: SiteImages, clock: Clock, pollSeconds: number): ImageWatch {
  const waiters = new Set<Waiter>();
  let pause: AbortController | undefined;
  let polls = 0;
  /** Since when polls have failed, and whether that was told. */
  let silence: { readonly since: number; told: boolean } | undefined;

  async function loop(): Promise<void> {
    while (waiters.size > 0) {
      pause = new AbortController();
      // Aborted where nobody waits any more.
      await clock.sleep(pollSeconds * 1000, pause.signal).catch(() => {});
      if (waiters.size > 0) await poll();
    }
    pause = undefined;
  }

  async function poll(): Promise<void> {
    const asked = [...waiters];
    try {
      const withProgress = ++polls % POLLS_PER_PROGRESS === 0;
      const found = await images.states([...new Set(asked.map(({ imageId }) => imageId))], { withProgress });
      silence = undefined;
      const listed = new Map(found.map((image) => [image.imageId, image]));
      const gone = await Promise.all(asked.map((waiter) => !listed.has(waiter.imageId) && isGone(waiter)));
      for (const [place, waiter] of asked.entries())
        judge(waiter, listed.get(waiter.imageId), { withProgress, isSaidGone: gone[place] === true });
    } catch (error) {
      // An answer that did not come is no verdict about the copies; each has its deadline.
      if (error instanceof BakeError && error.blame === 'cloud') return tellOfSilence(error);
      for (const waiter of asked) waiter.fail(error);
    }
  }

  function tellOfSilence(error: BakeError): void {
    const now = clock.now().getTime();
    silence ??= { since: now, told: false };
    if (silence.told || now - silence.since < UNUSUAL) return;
    silence.told = true;
    for (const waiter of waiters) waiter.onSilent(error);
  }

  async function isGone(waiter: Waiter): Promise<boolean> {
    if (waiter.asked) return false;
    waiter.asked = true;
    return images.isGone(waiter.imageId);
  }

  function judge(
    waiter: Waiter,
    image: ObservedImage | undefined,
    { withProgress, isSaidGone }: { readonly withProgress: boolean; readonly isSaidGone: boolean },
  ): void {
    const { site } = images;
    const now = clock.now().getTime();
    const unlisted = isSaidGone || now - waiter.missingSince > LISTED_WITHIN;
    const gone = image === undefined ? unlisted : image.state === 'deregistered';
    if (gone) {
      const { imageId, seen } = waiter;
      waiter.fail(seen ? copyFailed({ imageId, site, state: 'deregistered', snapshots: [] }) : copyGone(imageId, site));
    } else if (image !== undefined) {
      Object.assign(waiter, { seen: true, missingSince: now });
      if (image.state === 'available') waiter.ready(image);
      else if (isDead(image) || image.state === 'disabled') waiter.fail(copyFailed(image));
      else if (withProgress) waiter.onProgress(progressOf(image));
    } else if (!waiter.seen && now - waiter.missingSince > UNUSUAL) {
      waiter.onUnseen?.();
      waiter.onUnseen = undefined;
    }
  }

  return {
    available: (imageId, { signal, onProgress, onUnseen, onSilent = () => {} }) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const leaving = (settle: () => void): void => {
          waiters.delete(waiter);
          signal.removeEventListener('abort', stop);
          if (waiters.size === 0) pause?.abort();
          settle();
        };
        const stop = (): void => leaving(() => reject(signal.reason));
        const waiter: Waiter = {
          imageId,
          onProgress,
          onUnseen,
          onSilent,
          ready: (image) => leaving(() => resolve(image)),
          fail: (error) => leaving(() => reject(error)),
          seen: false,
          asked: false,
          missingSince: clock.now().getTime(),
        };
        signal.addEventListener('abort', stop, { once: true });
        waiters.add(waiter);
        if (pause === undefined) void loop();
      }),
  };
}

/** Of all bytes; EC2 tells it of snapshots. */
function progressOf({ snapshots }: ObservedImage): number {
  const bytes = snapshots.reduce((sum, snapshot) => sum + snapshot.bytes, 0);
  const done = snapshots.reduce(
    (sum, one) => sum + one.bytes * (one.state === 'completed' ? 100 : (one.progress ?? 0)),
    0,
  );
  return bytes === 0 ? 0 : Math.floor(done / bytes);
}
