import type { Clock } from '../effects.ts';

/** One look at what everybody wants to see: many that ask at once cost one call, and none gets what is older than its question. */
export class SharedLook<T> {
  private running: Promise<T> | undefined;
  private next: Promise<T> | undefined;
  private last: { readonly at: number; readonly seen: Promise<T> } | undefined;
  private readonly look: () => Promise<T>;
  private readonly clock: Pick<Clock, 'now'>;

  constructor(look: () => Promise<T>, clock: Pick<Clock, 'now'>) {
    this.look = look;
    this.clock = clock;
  }

  /** A look that begins after this call. */
  fresh(): Promise<T> {
    if (this.running === undefined) return this.start();
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.start();
      });
    return this.next;
  }

  /** A look that began at most so many milliseconds ago. */
  recent(milliseconds: number): Promise<T> {
    const { last } = this;
    if (last !== undefined && this.clock.now().getTime() - last.at <= milliseconds) return last.seen;
    return this.fresh();
  }

  private start(): Promise<T> {
    const seen = this.look();
    this.running = seen;
    this.last = { at: this.clock.now().getTime(), seen };
    const done = (): void => {
      if (this.running === seen) this.running = undefined;
    };
    seen.then(done, () => {
      done();
      if (this.last?.seen === seen) this.last = undefined;
    });
    return seen;
  }
}
