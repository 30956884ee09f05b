import type { BakeError } from '../../model/errors.ts';
import type { Clock } from '../effects.ts';
import type { Lease } from '../promote-effects.ts';
import type { RegionBucket } from '../region-effects.ts';
import { leaseLost } from './errors.ts';
import type { LeaseFile } from './lease-file.ts';
import { jsonObject } from './place.ts';
import { within } from './within.ts';

export interface HeldContext {
  readonly bucket: RegionBucket;
  readonly key: string;
  /** `api to prod`. */
  readonly about: string;
  readonly clock: Clock;
  /** Seconds. */
  readonly life: number;
  read(): Promise<{ readonly lease: LeaseFile; readonly etag: string } | undefined>;
}

export interface Holding {
  readonly file: LeaseFile;
  readonly etag: string;
  /** When the write was sent that made it last, by this machine's clock: it lasts from then on at least. */
  readonly asked: number;
}

/** Milliseconds: what is not released ends by itself. */
const RELEASE_LIMIT = 10_000;

/** A lease that this run has, kept alive by a heartbeat until it is released. */
export class HeldLease implements Lease {
  private readonly context: HeldContext;
  private held: Holding;
  private readonly lost = new AbortController();
  private readonly ended = new AbortController();
  private renewing: Promise<void> | undefined;

  constructor(context: HeldContext, held: Holding) {
    this.context = context;
    this.held = held;
  }

  get signal(): AbortSignal {
    return this.lost.signal;
  }

  start(): this {
    void this.watch();
    void this.beat();
    return this;
  }

  async require(seconds: number): Promise<void> {
    if (!this.lasts(seconds)) await this.renew().catch(() => {});
    this.lost.signal.throwIfAborted();
    if (!this.lasts(seconds)) throw leaseLost(this.context.about, `it is not held for ${seconds} s more`);
  }

  async release(): Promise<void> {
    this.ended.abort();
    await within(RELEASE_LIMIT, async () => {
      await this.renewing?.catch(() => {});
      if (!this.lost.signal.aborted) await this.write((file) => ({ ...file, released: true }));
    }).catch(() => {});
  }

  private get until(): number {
    return this.held.asked + this.context.life * 1000;
  }

  private lasts(seconds: number): boolean {
    return this.until - this.context.clock.now().getTime() >= seconds * 1000;
  }

  /** Beside the heartbeat, which may hang in a call for longer than the lease lasts. */
  private async watch(): Promise<void> {
    const { clock, about } = this.context;
    while (!this.over) {
      const left = this.until - clock.now().getTime();
      if (left <= 0) this.lose(leaseLost(about, 'the state bucket did not answer before it ended'));
      else await clock.sleep(left, this.ended.signal).catch(() => {});
    }
  }

  private async beat(): Promise<void> {
    const { clock, life } = this.context;
    while (!this.over) {
      await clock.sleep((life * 1000) / 3, this.ended.signal).catch(() => {});
      // Until it ends, the next beat may get through.
      if (!this.over) await this.renew().catch(() => {});
    }
  }

  private get over(): boolean {
    return this.ended.signal.aborted || this.lost.signal.aborted;
  }

  /** One at a time: each is written over the one before. */
  private renew(): Promise<void> {
    this.renewing ??= this.extend().finally(() => {
      this.renewing = undefined;
    });
    return this.renewing;
  }

  private async extend(): Promise<void> {
    const { bucket, life, about } = this.context;
    const expiresAt = new Date(bucket.time().latest + life * 1000).toISOString();
    if (!(await this.write((file) => ({ ...file, expiresAt })))) {
      this.lose(leaseLost(about, 'somebody else has taken it over'));
    }
  }

  /** False: the lease in the bucket is not this one any more. */
  private async write(change: (file: LeaseFile) => LeaseFile): Promise<boolean> {
    const { bucket, key, clock } = this.context;
    const file = change(this.held.file);
    for (let etag = this.held.etag; ; ) {
      const asked = clock.now().getTime();
      const written = await bucket.writeOver(etag, jsonObject(key, file));
      if (written !== undefined) {
        this.held = { file, etag: written, asked };
        return true;
      }
      // A heartbeat that was given up may have come through: then it is ours, with another tag.
      const there = await this.context.read();
      if (there?.lease.id !== file.id || there.etag === etag) return false;
      etag = there.etag;
    }
  }

  private lose(error: BakeError): void {
    if (!this.over) this.lost.abort(error);
    this.ended.abort();
  }
}
