import type { Channel } from '../../model/channel.ts';
import { BakeError, summarise } from '../../model/errors.ts';
import { type SiteOutcome, type Wanted, type WantedId, wantedId } from '../../model/promotion.ts';
import { isPast, type SiteLook } from '../../plan/promotion/plan-site.ts';
import { type Converging, converge } from './converge.ts';
import { createDesks } from './desk.ts';
import type { SiteEffects } from './effects.ts';
import { siteTimedOut } from './errors.ts';
import { Grants } from './grants.ts';

export type Seen = ReadonlyMap<WantedId, SiteLook>;

/** Makes all of it true, side by side; what fails at one site leaves the others to finish. `seen`: what the plan was made of. */
export async function bringAll(
  wanted: readonly Wanted[],
  channel: Pick<Channel, 'snapshotCopies' | 'targetTimeLimit'>,
  effects: SiteEffects,
  seen: Seen = new Map(),
): Promise<ReadonlyMap<WantedId, SiteOutcome>> {
  const desks = createDesks(effects, channel);
  warnOfPast(wanted, effects);
  const grants = new Grants(desks, wanted, effects.emit);
  const outcomes = await Promise.all(
    wanted.map(async (one) => {
      const id = wantedId(one);
      const started = effects.clock.now().getTime();
      effects.emit({ type: 'site-started', id });
      const converging = { wanted: one, desks, grants, effects, seen: seen.get(id) };
      const outcome = await bring(converging, channel.targetTimeLimit);
      const seconds = (effects.clock.now().getTime() - started) / 1000;
      effects.emit({ type: 'site-finished', id, outcome, seconds });
      return [id, outcome] as const;
    }),
  );
  await grants.revokeLeftovers().catch((error: unknown) => {
    const { message, hint } = summarise(error);
    const warning = { code: 'permission-left', message: `a permission for copying is left: ${message}` };
    effects.emit({ type: 'warning', warning: { ...warning, ...(hint === undefined ? {} : { hint }) } });
  });
  return new Map(outcomes);
}

/** EC2 takes no date of the past: an old version stays as it is. */
function warnOfPast(wanted: readonly Wanted[], { clock, emit }: SiteEffects): void {
  for (const { source, deprecateAt, channel } of new Map(wanted.map((one) => [one.source.id, one])).values()) {
    if (deprecateAt === undefined || !isPast(deprecateAt, clock.now())) continue;
    const message = `${source.id} ${source.version} was to be deprecated at ${deprecateAt}, which is past: it is not deprecated`;
    const hint = `Promote a newer version, or raise channels.${channel}.deprecateAfter.`;
    emit({ type: 'warning', warning: { code: 'deprecation-past', message, hint }, id: source.id });
  }
}

async function bring(one: Omit<Converging, 'signal' | 'copying'>, seconds: number): Promise<SiteOutcome> {
  const { wanted, grants, effects } = one;
  const timeUp = new AbortController();
  const done = new AbortController();
  const deadline = effects.clock.sleep(seconds * 1000, done.signal);
  deadline.then(
    () => timeUp.abort(siteTimedOut(wanted, seconds)),
    () => {},
  );
  const signal = AbortSignal.any([effects.signal, timeUp.signal]);
  const converging: Converging = { ...one, signal, copying: true };
  try {
    const imageId = await orAborted(converge(converging), signal);
    await grants.settle(wanted, false);
    return { status: 'ready', imageId };
  } catch (error) {
    // The failure that is told is the first.
    await grants.settle(wanted, converging.copying).catch(() => {});
    if (!effects.signal.aborted) return { status: 'failed', error: summarise(error) };
    const { reason } = effects.signal;
    return { status: 'cancelled', because: reason instanceof BakeError ? reason.message : 'interrupted' };
  } finally {
    done.abort();
  }
}

/** A call that never answers is left behind: whatever it does may be done again. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
