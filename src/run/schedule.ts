/** A small runner for a graph of tasks: each starts when those it depends on have succeeded. */
export interface Task<Key extends string, Result> {
  readonly key: Key;
  readonly dependsOn: readonly Key[];
  run(slot: Slot): Promise<Result>;
}

/** A running task's place among those that may run at once. */
export interface Slot {
  /** Another task may run in it: this one waits for something that is done elsewhere. */
  release(): void;
  /** Waits for a place again. */
  acquire(): Promise<void>;
}

export interface ScheduleOptions<Key extends string, Result> {
  /** How many tasks may run at once. */
  readonly limit: number;
  readonly succeeded: (result: Result) => boolean;
  /** The result of a task that never starts, because what it depends on did not succeed. */
  readonly cancelled: (key: Key, because: Key) => Result;
}

/**
 * Runs every task whose dependencies succeed, whatever happens elsewhere. Tasks report failure as results; a throw is a
 * bug and ends the schedule once the running tasks have ended. Dependencies outside the tasks count as succeeded.
 */
export async function schedule<Key extends string, Result>(
  tasks: readonly Task<Key, Result>[],
  options: ScheduleOptions<Key, Result>,
): Promise<ReadonlyMap<Key, Result>> {
  const results = new Map<Key, Result>();
  const waiting = new Map(tasks.map((task) => [task.key, task]));
  const running = new Map<Key, Promise<void>>();
  /** Running tasks without a slot, and those of them that wait for one. */
  const idle = new Set<Key>();
  const returning = new Map<Key, () => void>();
  let wake = (): void => {};
  let over = false;
  const slotOf = (key: Key): Slot => ({
    release: () => {
      idle.add(key);
      wake();
    },
    acquire: () =>
      new Promise((resolve) => {
        if (!idle.has(key) || over) return resolve();
        returning.set(key, resolve);
        wake();
      }),
  });

  const settleCancelled = () => {
    for (let changed = true; changed; ) {
      changed = false;
      for (const task of waiting.values()) {
        const culprit = task.dependsOn.find((key) => {
          const result = results.get(key);
          return result !== undefined && !options.succeeded(result);
        });
        if (culprit === undefined) continue;
        waiting.delete(task.key);
        results.set(task.key, options.cancelled(task.key, culprit));
        changed = true;
      }
    }
  };
  const startReady = () => {
    for (const [key, resume] of returning) {
      if (running.size - idle.size >= options.limit) return;
      returning.delete(key);
      idle.delete(key);
      resume();
    }
    for (const task of waiting.values()) {
      if (running.size - idle.size >= options.limit) return;
      if (task.dependsOn.some((key) => waiting.has(key) || running.has(key))) continue;
      waiting.delete(task.key);
      const done = task.run(slotOf(task.key)).then((result) => {
        results.set(task.key, result);
        running.delete(task.key);
        idle.delete(task.key);
      });
      running.set(task.key, done);
    }
  };

  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      startReady();
      if (running.size === 0) break;
      await Promise.race([...running.values(), woken]);
      settleCancelled();
    }
  } finally {
    over = true;
    for (const resume of returning.values()) resume();
    await Promise.allSettled(running.values());
  }
  return results;
}
