import type { Clock } from '../../src/run/effects.ts';

/** Looks at the event loop that find nothing new before time goes on: looks that are asked for together take one. */
const QUIET = 4;

/** Time goes on by itself to the next sleeper, once everything else has come to rest. */
export class VirtualClock implements Clock {
  private time: number;
  private activity = 0;
  private pumping = false;
  private readonly sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  constructor(start = Date.parse('2026-11-20T13:00:00Z')) {
    this.time = start;
  }

  now(): Date {
    return new Date(this.time);
  }

  /** Something has happened. */
  touch(): void {
    this.activity++;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.touch();
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const stop = (): void => {
        this.sleepers.delete(sleeper);
        reject(signal.reason);
      };
      const wake = (): void => {
        this.sleepers.delete(sleeper);
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const sleeper = { at: this.time + milliseconds, wake };
      signal.addEventListener('abort', stop, { once: true });
      this.sleepers.add(sleeper);
      if (!this.pumping) this.pump();
    });
  }

  private pump(): void {
    this.pumping = true;
    let quiet = 0;
    let seen = this.activity;
    const look = (): void => {
      if (this.sleepers.size === 0) {
        this.pumping = false;
        return;
      }
      quiet = this.activity === seen ? quiet + 1 : 0;
      seen = this.activity;
      if (quiet >= QUIET) {
        quiet = 0;
        this.time = Math.max(this.time, Math.min(...[...this.sleepers].map(({ at }) => at)));
        for (const { at, wake } of [...this.sleepers]) if (at <= this.time) wake();
      }
      setImmediate(look);
    };
    setImmediate(look);
  }
}
