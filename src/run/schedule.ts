/** A small runner for a graph of tasks: each starts when those it depends on have succeeded. */
export interface Task<Key extends string, Result> {
  readonly key: Key;
  readonly dependsOn: readonly Key[];
  run(): Promise<Result>;
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
    for (const task of waiting.values()) {
      if (running.size >= options.limit) return;
      if (task.dependsOn.some((key) => waiting.has(key) || running.has(key))) continue;
      waiting.delete(task.key);
      const done = task.run().then((result) => {
        results.set(task.key, result);
        running.delete(task.key);
      });
      running.set(task.key, done);
    }
  };

  try {
    for (startReady(); running.size > 0; startReady()) {
      await Promise.race(running.values());
      settleCancelled();
    }
  } finally {
    await Promise.allSettled(running.values());
  }
  return results;
}
