import type { Clock } from '../effects.ts';
import { aliveUntil, BEAT } from './alive.ts';

export interface HeartbeatContext {
  readonly clock: Clock;
  /** Says of all of them that their run lives until then. */
  renew(ids: readonly string[], until: string): Promise<void>;
  /** What is not renewed for long others take for dead, and bake beside us. */
  onTrouble(error: unknown): void;
}

/** Beats that may fail before it is told: what ended meanwhile makes one fail. */
const SILENT = 1;

/** Keeps all reservations of a run alive, by one call a beat. */
export class Heartbeat {
  private readonly ids = new Set<string>();
  private readonly ended = new AbortController();
  private readonly context: HeartbeatContext;
  private beating = false;

  constructor(context: HeartbeatContext) {
    this.context = context;
  }

  add(id: string): void {
    this.ids.add(id);
    if (this.beating) return;
    this.beating = true;
    void this.beat();
  }

  drop(id: string): void {
    this.ids.delete(id);
  }

  end(): void {
    this.ended.abort();
  }

  private async beat(): Promise<void> {
    const { clock, renew, onTrouble } = this.context;
    const { signal } = this.ended;
    for (let failures = 0; ; ) {
      await clock.sleep(BEAT, signal).catch(() => {});
      if (signal.aborted) return;
      const ids = [...this.ids];
      if (ids.length === 0) continue;
      try {
        await renew(ids, aliveUntil(clock.now()));
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === SILENT + 1) onTrouble(error);
      }
    }
  }
}
