import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ScheduleOptions, type Slot, schedule, type Task } from '../../src/run/schedule.ts';

type Result = 'ok' | 'failed' | `${'cancelled' | 'stopped'} by ${string}`;
const OPTIONS: ScheduleOptions<string, Result> = {
  limits: { slots: 2 },
  succeeded: (result) => result === 'ok',
  cancelled: (_, { culprit, why }) => (why === 'stopped' ? `stopped by ${culprit}` : `cancelled by ${culprit}`),
};

/** `{ b: 'a' }`: b depends on a. Tasks whose name starts with `!` fail. */
function tasksOf(graph: Readonly<Record<string, string>>, log: string[] = []): Task<string, Result>[] {
  return Object.entries(graph).map(([key, needs]) => ({
    key,
    dependsOn: needs.split(' ').filter((word) => word !== ''),
    takes: { slots: 1 },
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
      'and so on down, naming what failed',
      { c: 'b', b: '!a', '!a': '' },
      { '!a': 'failed', b: 'cancelled by !a', c: 'cancelled by !a' },
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
      const results = await schedule(tasksOf(graph, log), { ...OPTIONS, limits: { slots: limit } });
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

describe('after a failure', () => {
  const start = (log: readonly string[]) => log.filter((line) => line.startsWith('start')).map((line) => line.slice(6));

  test('stop: what runs is finished, nothing new is started', async () => {
    const log: string[] = [];
    const graph = { '!a': '', x: '', y: 'x', z: '', below: '!a' };
    const results = await schedule(tasksOf(graph, log), { ...OPTIONS, stop: true });
    expect(Object.fromEntries(results)).toEqual({
      '!a': 'failed',
      x: 'ok',
      y: 'stopped by !a',
      z: 'stopped by !a',
      below: 'cancelled by !a',
    });
    expect(start(log).sort()).toEqual(['!a', 'x']);
  });

  test('who goes without what failed runs, and those below it with it', async () => {
    const asked: string[] = [];
    const goesWithout = (...names: readonly string[]) => {
      asked.push(names.join(' '));
      return names[0] === 'b' || names[0] === 'd';
    };
    const graph = { '!a': '', b: '!a', c: 'b', other: '!a', d: 'other', e: 'other' };
    const results = await schedule(tasksOf(graph), { ...OPTIONS, goesWithout });
    expect(Object.fromEntries(results)).toEqual({
      '!a': 'failed',
      b: 'ok',
      c: 'ok',
      other: 'cancelled by !a',
      d: 'ok',
      e: 'cancelled by !a',
    });
    expect(asked.sort()).toEqual(['b !a !a', 'd other !a', 'e other !a', 'other !a !a']);
  });
});

describe('room', () => {
  /** Most that was taken at once of each thing, and the order of the starts. */
  async function watched(tasks: Readonly<Record<string, Readonly<Record<string, number>>>>, limits: object) {
    const taken: Record<string, number> = {};
    const most: Record<string, number> = {};
    const started: string[] = [];
    const add = (takes: Readonly<Record<string, number>>, times: number) => {
      for (const [what, amount] of Object.entries(takes)) {
        taken[what] = (taken[what] ?? 0) + times * amount;
        most[what] = Math.max(most[what] ?? 0, taken[what]);
      }
    };
    const list = Object.entries(tasks).map(([key, takes]) => ({
      key,
      dependsOn: [],
      takes,
      run: async (): Promise<Result> => {
        started.push(key);
        add(takes, 1);
        await new Promise(setImmediate);
        add(takes, -1);
        return 'ok';
      },
    }));
    await schedule(list, { ...OPTIONS, limits: { ...limits } });
    return { most, started };
  }

  test('of several kinds at once: who has no room lets others pass', async () => {
    const base = { all: 1, base: 1 };
    const service = { all: 1, service: 1 };
    const tasks = { b1: base, b2: base, b3: base, s1: service, s2: service, s3: service };
    const { most, started } = await watched(tasks, { all: 3, base: 1 });
    expect(most).toEqual({ all: 3, base: 1, service: 2 });
    expect(started.slice(0, 3)).toEqual(['b1', 's1', 's2']);
  });

  test('who takes more than there is runs alone', async () => {
    const tasks = { a: { vcpus: 2 }, huge: { vcpus: 64 }, b: { vcpus: 2 }, c: { vcpus: 2 } };
    const { most, started } = await watched(tasks, { vcpus: 4 });
    expect(most).toEqual({ vcpus: 64 });
    expect(started).toEqual(['a', 'b', 'c', 'huge']);
  });

  test('who takes nothing does not wait', async () => {
    const { started } = await watched({ a: { all: 1 }, b: { all: 1 }, reused: {} }, { all: 1 });
    expect(started).toEqual(['a', 'reused', 'b']);
  });
});

test('what the longest chain waits for starts first', async () => {
  const log: string[] = [];
  await schedule(tasksOf({ lone: '', a: '', b: 'a', c: 'b' }, log), { ...OPTIONS, limits: { slots: 1 } });
  expect(log.filter((line) => line.startsWith('start'))).toEqual(['start a', 'start b', 'start lone', 'start c']);
});

test('a throw is a bug: it ends the schedule once what runs has ended', async () => {
  const log: string[] = [];
  const broken: Task<string, Result> = {
    key: 'broken',
    dependsOn: [],
    takes: {},
    run: () => Promise.reject(new Error('bug')),
  };
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

const ONE = { slots: 1 };

test('a task that gives its slot away goes on when there is one again', async () => {
  const log: string[] = [];
  const [elsewhere, arrive] = deferred();
  const [busy, finish] = deferred();
  const tasks: Task<string, Result>[] = [
    {
      key: 'waiting',
      dependsOn: [],
      takes: ONE,
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
      takes: ONE,
      run: async () => {
        log.push('busy');
        arrive();
        await busy;
        log.push('done');
        return 'ok';
      },
    },
    { key: 'last', dependsOn: [], takes: ONE, run: async () => (log.push('last') > 0 ? 'ok' : 'failed') },
  ];
  const ended = schedule(tasks, { ...OPTIONS, limits: { slots: 1 } });
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
    { key: 'waiting', dependsOn: [], takes: ONE, run: waits },
    { key: 'a', dependsOn: [], takes: ONE, run: async () => 'ok' },
    { key: 'b', dependsOn: ['a'], takes: ONE, run: () => Promise.resolve<Result>('ok').finally(arrive) },
  ];
  expect((await schedule(tasks, { ...OPTIONS, limits: { slots: 1 } })).size).toBe(3);
});

test('a task that gives its room away gives all that it takes, and has that much again before it goes on', async () => {
  const [elsewhere, arrive] = deferred();
  const log: string[] = [];
  const large: Task<string, Result> = {
    key: 'large',
    dependsOn: [],
    takes: { vcpus: 4 },
    run: async (slot) => {
      slot.release();
      await elsewhere;
      await slot.acquire();
      log.push('large');
      return 'ok';
    },
  };
  let left = 2;
  const small = (key: string): Task<string, Result> => ({
    key,
    dependsOn: [],
    takes: { vcpus: 2 },
    run: async () => {
      arrive();
      for (let turn = 0; turn < 5 * left; turn++) await Promise.resolve();
      left -= 1;
      log.push(key);
      return 'ok';
    },
  });
  await schedule([large, small('a'), small('b')], { ...OPTIONS, limits: { vcpus: 4 } });
  expect(log).toEqual(['a', 'b', 'large']);
});

test('one that fails while another waits for room again leaves nobody waiting', async () => {
  const broken = new Error('broken');
  const [elsewhere, arrive] = deferred();
  const resumed: string[] = [];
  const tasks: Task<string, Result>[] = [
    {
      key: 'waiting',
      dependsOn: [],
      takes: ONE,
      run: async (slot) => {
        slot.release();
        await elsewhere;
        await slot.acquire();
        resumed.push('waiting');
        return 'ok';
      },
    },
    {
      key: 'broken',
      dependsOn: [],
      takes: ONE,
      run: async () => {
        arrive();
        for (let turn = 0; turn < 5; turn++) await Promise.resolve();
        throw broken;
      },
    },
  ];
  await expect(schedule(tasks, { ...OPTIONS, limits: { slots: 1 } })).rejects.toBe(broken);
  expect(resumed).toEqual(['waiting']);
});
