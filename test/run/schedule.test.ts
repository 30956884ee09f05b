import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Slot, schedule, type Task } from '../../src/run/schedule.ts';

type Result = 'ok' | 'failed' | `cancelled by ${string}`;
const OPTIONS = {
  limit: 2,
  succeeded: (result: Result) => result === 'ok',
  cancelled: (_: string, because: string): Result => `cancelled by ${because}`,
};

/** `{ b: 'a' }`: b depends on a. Tasks whose name starts with `!` fail. */
function tasksOf(graph: Readonly<Record<string, string>>, log: string[] = []): Task<string, Result>[] {
  return Object.entries(graph).map(([key, needs]) => ({
    key,
    dependsOn: needs.split(' ').filter((word) => word !== ''),
    run: async () => {
      log.push(`start ${key}`);
      await Promise.resolve();
      log.push(`end ${key}`);
      return key.startsWith('!') ? 'failed' : 'ok';
    },
  }));
}

describe('results', () => {
  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, Result>>]>([
    ['nothing to do', {}, {}],
    ['a chain', { c: 'b', b: 'a', a: '' }, { a: 'ok', b: 'ok', c: 'ok' }],
    [
      'what depends on a failure is cancelled, and names it',
      { '!a': '', b: '!a' },
      { '!a': 'failed', b: 'cancelled by !a' },
    ],
    [
      'and so on down, naming the next above',
      { c: 'b', b: '!a', '!a': '' },
      { '!a': 'failed', b: 'cancelled by !a', c: 'cancelled by b' },
    ],
    ['what does not depend on it goes on', { '!a': '', x: '', y: 'x' }, { '!a': 'failed', x: 'ok', y: 'ok' }],
    [
      'one of two is enough to be cancelled',
      { '!a': '', x: '', y: 'x !a' },
      { '!a': 'failed', x: 'ok', y: 'cancelled by !a' },
    ],
    ['what is not among the tasks is there already', { a: 'elsewhere' }, { a: 'ok' }],
  ])('%s', async (_, graph, results) => {
    expect(Object.fromEntries(await schedule(tasksOf(graph), OPTIONS))).toEqual(results);
  });
});

test('at most so many at once, each after what it needs, in whatever order they are written', async () => {
  // Task n needs some of those before it.
  const graphs = fc
    .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 15 })
    .map((needs) =>
      Object.fromEntries(
        needs.map((list, n) => [`t${n}`, n === 0 ? '' : list.map((need) => `t${need % n}`).join(' ')]),
      ),
    );
  const shuffled = graphs.chain((graph) => {
    const tasks = Object.entries(graph);
    return fc.shuffledSubarray(tasks, { minLength: tasks.length }).map((entries) => Object.fromEntries(entries));
  });
  await fc.assert(
    fc.asyncProperty(shuffled, fc.integer({ min: 1, max: 4 }), async (graph, limit) => {
      const log: string[] = [];
      const results = await schedule(tasksOf(graph, log), { ...OPTIONS, limit });
      expect(results.size).toBe(Object.keys(graph).length);
      let running = 0;
      for (const line of log) {
        running += line.startsWith('start') ? 1 : -1;
        expect(running).toBeLessThanOrEqual(limit);
      }
      for (const { key, dependsOn } of tasksOf(graph)) {
        for (const need of dependsOn) expect(log.indexOf(`end ${need}`)).toBeLessThan(log.indexOf(`start ${key}`));
      }
    }),
  );
});

test('a throw is a bug: it ends the schedule once what runs has ended', async () => {
  const log: string[] = [];
  const broken: Task<string, Result> = { key: 'broken', dependsOn: [], run: () => Promise.reject(new Error('bug')) };
  await expect(schedule([broken, ...tasksOf({ x: '', y: 'x' }, log)], OPTIONS)).rejects.toThrow('bug');
  expect(log).toEqual(['start x', 'end x']);
});

function deferred(): readonly [promise: Promise<void>, resolve: () => void] {
  let settle = () => {};
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return [promise, settle];
}

test('a task that gives its slot away goes on when there is one again', async () => {
  const log: string[] = [];
  const [elsewhere, arrive] = deferred();
  const [busy, finish] = deferred();
  const tasks: Task<string, Result>[] = [
    {
      key: 'waiting',
      dependsOn: [],
      run: async (slot) => {
        slot.release();
        await elsewhere;
        log.push('arrived');
        await slot.acquire();
        log.push('goes on');
        return 'ok';
      },
    },
    {
      key: 'busy',
      dependsOn: [],
      run: async () => {
        log.push('busy');
        arrive();
        await busy;
        log.push('done');
        return 'ok';
      },
    },
    { key: 'last', dependsOn: [], run: async () => (log.push('last') > 0 ? 'ok' : 'failed') },
  ];
  const ended = schedule(tasks, { ...OPTIONS, limit: 1 });
  await elsewhere;
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  finish();
  expect([...(await ended).values()]).toEqual(['ok', 'ok', 'ok']);
  expect(log).toEqual(['busy', 'arrived', 'done', 'goes on', 'last']);
});

test('what depends on a task is started while another one waits without a slot', async () => {
  const [elsewhere, arrive] = deferred();
  const waits = async (slot: Slot): Promise<Result> => {
    slot.release();
    await elsewhere;
    return 'ok';
  };
  const tasks: Task<string, Result>[] = [
    { key: 'waiting', dependsOn: [], run: waits },
    { key: 'a', dependsOn: [], run: async () => 'ok' },
    { key: 'b', dependsOn: ['a'], run: () => Promise.resolve<Result>('ok').finally(arrive) },
  ];
  expect((await schedule(tasks, { ...OPTIONS, limit: 1 })).size).toBe(3);
});
