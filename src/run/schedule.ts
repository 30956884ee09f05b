/** A small runner for a graph of tasks: each starts when those it depends on have succeeded and there is room for it. */
export interface Task<Key extends string, Result> {
  readonly key: Key;
  readonly dependsOn: readonly Key[];
  /** How much of what is limited it takes while it runs: `{ vcpus: 2 }`. Who takes nothing never waits for room. */
  readonly takes: Amounts;
  run(slot: Slot): Promise<Result>;
}

/** A running task's room among those that run at once. */
export interface Slot {
  /** Others may have what it takes: it waits for something that is done elsewhere. */
  release(): void;
  /** Waits for that much room again. */
  acquire(): Promise<void>;
}

export type Amounts = Readonly<Record<string, number>>;

/** Why a task never starts: it depends on the culprit, or nothing is started any more. */
export type Cancelling<Key> = { readonly culprit: Key; readonly why: 'depends' | 'stopped' };

export interface ScheduleOptions<Key extends string, Result> {
  /** How much there is at once of what tasks take; what is not named is not limited. Who takes more than there is runs alone. */
  readonly limits: Amounts;
  readonly succeeded: (result: Result) => boolean;
  /** The result of a task that never starts. The culprit is what failed, however far away. */
  readonly cancelled: (key: Key, because: Cancelling<Key>) => Result;
  /** After a failure nothing is started any more; what runs is finished. */
  readonly stop?: boolean;
  /** Asked for a task that depends on one without success: does it go without it? */
  readonly goesWithout?: (key: Key, lacking: Key, culprit: Key) => boolean;
}

/**
 * Runs every task whose dependencies succeed, whatever happens elsewhere. Tasks report failure as results; a throw is a
 * bug and ends the schedule once the running tasks have ended. Dependencies outside the tasks count as succeeded.
 */
export async function schedule<Key extends string, Result>(
  tasks: readonly Task<Key, Result>[],
  options: ScheduleOptions<Key, Result>,
): Promise<ReadonlyMap<Key, Result>> {
  const run = new Schedule(tasks, options);
  try {
    for (run.startReady(); run.running.size > 0; run.startReady()) {
      await run.change();
      run.settleWaiting();
    }
  } finally {
    run.end();
    await Promise.allSettled(run.running.values());
  }
  return run.results;
}

class Schedule<Key extends string, Result> {
  readonly results = new Map<Key, Result>();
  readonly running = new Map<Key, Promise<void>>();
  private readonly waiting: Map<Key, Task<Key, Result>>;
  /** What stands in the way of each task that had no success: itself, or what it depends on. */
  private readonly culprits = new Map<Key, Key>();
  private readonly taken = new Map<string, number>();
  /** Running tasks that have given their room to others, and those of them that want it again. */
  private readonly idle = new Set<Key>();
  private readonly returning = new Map<Task<Key, Result>, () => void>();
  private wake = (): void => {};
  private woken = this.nextWaking();
  private over = false;
  private readonly options: ScheduleOptions<Key, Result>;

  constructor(tasks: readonly Task<Key, Result>[], options: ScheduleOptions<Key, Result>) {
    this.options = options;
    this.waiting = new Map(longestFirst(tasks).map((task) => [task.key, task]));
  }

  /** A task has ended, or there may be room. */
  async change(): Promise<void> {
    await Promise.race([...this.running.values(), this.woken]);
    this.woken = this.nextWaking();
  }

  /** Who waits for room gets no answer from here any more. */
  end(): void {
    this.over = true;
    for (const resume of this.returning.values()) resume();
  }

  startReady(): void {
    for (const [task, resume] of this.returning) {
      if (!this.hasRoom(task)) continue;
      this.returning.delete(task);
      this.idle.delete(task.key);
      this.take(task, 1);
      resume();
    }
    for (const task of this.waiting.values()) {
      if (task.dependsOn.some((key) => this.waiting.has(key) || this.running.has(key)) || !this.hasRoom(task)) continue;
      this.waiting.delete(task.key);
      this.take(task, 1);
      const done = task.run(this.slotOf(task)).then((result) => {
        this.results.set(task.key, result);
        if (!this.options.succeeded(result)) this.culprits.set(task.key, task.key);
        this.running.delete(task.key);
        if (!this.idle.delete(task.key)) this.take(task, -1);
      });
      this.running.set(task.key, done);
    }
  }

  /** Those that wait for what has failed: they go without it, or are cancelled, and so on down. */
  settleWaiting(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const task of this.waiting.values()) {
        const lacking = task.dependsOn.find((key) => this.culprits.has(key));
        if (lacking === undefined) continue;
        changed = true;
        this.settle(task, lacking, this.culprits.get(lacking) ?? lacking);
      }
    }
    const [first] = this.culprits.values();
    if (!this.options.stop || first === undefined) return;
    for (const { key } of this.waiting.values()) this.cancel(key, { culprit: first, why: 'stopped' });
  }

  private nextWaking(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private slotOf(task: Task<Key, Result>): Slot {
    return {
      release: () => {
        if (this.idle.has(task.key)) return;
        this.idle.add(task.key);
        this.take(task, -1);
        this.wake();
      },
      acquire: () =>
        new Promise((resolve) => {
          if (!this.idle.has(task.key) || this.over) return resolve();
          this.returning.set(task, resolve);
          this.wake();
        }),
    };
  }

  private settle(task: Task<Key, Result>, lacking: Key, culprit: Key): void {
    if (this.options.goesWithout?.(task.key, lacking, culprit)) {
      this.waiting.set(task.key, { ...task, dependsOn: task.dependsOn.filter((key) => key !== lacking) });
    } else this.cancel(task.key, { culprit, why: 'depends' });
  }

  private cancel(key: Key, because: Cancelling<Key>): void {
    this.waiting.delete(key);
    this.culprits.set(key, because.culprit);
    this.results.set(key, this.options.cancelled(key, because));
  }

  private hasRoom({ takes }: Task<Key, Result>): boolean {
    return Object.entries(takes).every(([what, amount]) => {
      const taken = this.taken.get(what) ?? 0;
      return taken === 0 || taken + amount <= (this.options.limits[what] ?? Number.POSITIVE_INFINITY);
    });
  }

  private take({ takes }: Task<Key, Result>, times: 1 | -1): void {
    for (const [what, amount] of Object.entries(takes)) {
      this.taken.set(what, (this.taken.get(what) ?? 0) + times * amount);
    }
  }
}

/** By the longest chain that waits for them, else in the order given: a long chain that starts late ends last. */
function longestFirst<Key extends string, Result>(tasks: readonly Task<Key, Result>[]): readonly Task<Key, Result>[] {
  const waitingFor = new Map<Key, Key[]>();
  for (const { key, dependsOn } of tasks) {
    for (const needed of dependsOn) waitingFor.set(needed, [...(waitingFor.get(needed) ?? []), key]);
  }
  const lengths = new Map<Key, number>();
  const lengthOf = (key: Key): number => {
    const known = lengths.get(key) ?? 1 + Math.max(0, ...(waitingFor.get(key) ?? []).map(lengthOf));
    lengths.set(key, known);
    return known;
  };
  return [...tasks].sort((a, b) => lengthOf(b.key) - lengthOf(a.key));
}
