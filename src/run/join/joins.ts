import type { KnownImage } from '../../model/known-image.ts';
import type { BakeStep } from '../../model/plan.ts';
import type { Reservation } from '../../model/reservation.ts';
import type { BakeContext, BakeEffects } from '../bake-job.ts';
import { GRACE, isLiving, LIFE } from './alive.ts';
import { madeElsewhere } from './made-elsewhere.ts';
import type { SharedLook } from './shared-look.ts';

export type Joined =
  | { readonly is: 'made'; readonly image: KnownImage }
  /** The other run is over, or has given the image up, without having made it. */
  | { readonly is: 'left' }
  /** It is still at it, for longer than a bake may take. */
  | { readonly is: 'late' };

interface Waiting {
  readonly step: BakeStep;
  readonly by: Reservation;
  readonly until: number;
  readonly resolve: (joined: Joined) => void;
  readonly reject: (error: unknown) => void;
  /** Its sign of life, and since when it is the same by our clock: theirs may be anything. */
  alive: string | undefined;
  since: number;
}

/** Steps of this run that wait for another run's bake, together: one look at the reservations serves all of them. */
export class Joins {
  private readonly waiting = new Set<Waiting>();
  private polling = false;
  private readonly context: BakeContext;
  private readonly effects: BakeEffects;
  private readonly look: SharedLook<readonly Reservation[]>;

  constructor(context: BakeContext, effects: BakeEffects, look: SharedLook<readonly Reservation[]>) {
    this.context = context;
    this.effects = effects;
    this.look = look;
  }

  /** Until what is waited for is there, or will not come. */
  wait(step: BakeStep, by: Reservation, seconds: number): Promise<Joined> {
    const since = this.effects.clock.now().getTime();
    return new Promise((resolve, reject) => {
      this.waiting.add({ step, by, until: since + seconds * 1000, resolve, reject, alive: by.alive, since });
      if (!this.polling) void this.poll();
    });
  }

  private async poll(): Promise<void> {
    const { clock, signal } = this.effects;
    this.polling = true;
    try {
      while (this.waiting.size > 0) {
        await clock.sleep(this.context.access.pollSeconds * 1000, signal);
        await this.lookOnce();
      }
    } catch (error) {
      const failed = [...this.waiting];
      this.waiting.clear();
      for (const { reject } of failed) reject(error);
    } finally {
      this.polling = false;
    }
  }

  private async lookOnce(): Promise<void> {
    const asked = [...this.waiting];
    const reservations = new Map((await this.look.fresh()).map((one) => [one.id, one]));
    const over = asked.filter((one) => !this.isAtIt(one, reservations.get(one.by.id)));
    // After the reservations: what was given back before has its AMI.
    const images = over.length === 0 ? [] : await this.effects.images.list(this.context.config.project);
    for (const one of over) {
      const image = madeElsewhere(one.step, images);
      this.settle(one, image === undefined ? { is: 'left' } : { is: 'made', image });
    }
    const now = this.effects.clock.now().getTime();
    for (const one of asked) if (now >= one.until) this.settle(one, { is: 'late' });
  }

  private settle(one: Waiting, joined: Joined): void {
    if (this.waiting.delete(one)) one.resolve(joined);
  }

  private isAtIt(waiting: Waiting, now: Reservation | undefined): boolean {
    if (now === undefined || !isLiving(now, this.effects.clock.now(), this.context.processes)) return false;
    const time = this.effects.clock.now().getTime();
    if (now.alive !== waiting.alive) Object.assign(waiting, { alive: now.alive, since: time });
    return time - waiting.since < LIFE + GRACE;
  }
}
