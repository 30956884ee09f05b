import type { Clock } from '../../src/run/effects.ts';
import { NOW } from './builders.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that goes on when a test says so. */
export class FakeClock implements Clock {
  private time = NOW.getTime();
  private sleepers: Sleeper[] = [];

  readonly now = (): Date => new Date(this.time);

  readonly sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const stop = () => {
        this.sleepers = this.sleepers.filter((one) => one !== sleeper);
        reject(signal.reason);
      };
      const wake = () => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const sleeper: Sleeper = { at: this.time + milliseconds, wake };
      this.sleepers.push(sleeper);
      signal.addEventListener('abort', stop);
    });

  /** Wakes who sleeps until then, one after the other, and lets each do what it does. */
  async pass(seconds: number): Promise<void> {
    const until = this.time + seconds * 1000;
    await settled();
    for (;;) {
      const next = this.sleepers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.sleepers = this.sleepers.filter((one) => one !== next);
      this.time = Math.max(this.time, next.at);
      next.wake();
      await settled();
    }
    this.time = until;
  }
}

/** Turns of the loop, until all that can go on has. */
const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
};
