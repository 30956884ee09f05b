import type { Emit, Stage, TrialStage } from '../../model/events.ts';
import type { CloneId } from '../../model/ids.ts';
import type { Clock } from '../effects.ts';

/** Runs the stages of one machine on trial one after the other, with an event for the start and the end of each. */
export class TrialStages {
  private readonly id: CloneId;
  private readonly clock: Clock;
  private readonly emit: Emit;

  constructor(id: CloneId, clock: Clock, emit: Emit) {
    this.id = id;
    this.clock = clock;
    this.emit = emit;
  }

  run<T>(name: TrialStage | 'launch' | 'connect' | 'prepare', work: () => Promise<T>): Promise<T> {
    return this.runStage({ name }, work);
  }

  /** A stage that throws is not finished. */
  async runStage<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const { id, clock, emit } = this;
    const started = clock.now().getTime();
    emit({ type: 'stage-started', id, stage });
    const result = await work();
    emit({ type: 'stage-finished', id, stage, seconds: (clock.now().getTime() - started) / 1000 });
    return result;
  }
}
