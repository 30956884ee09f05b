import { cp } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { FakeAws } from '../../helpers/fake-aws.ts';
import { LoaderMachine } from '../../helpers/loader-machine.ts';
import { inNamespace } from '../../helpers/namespace.ts';

const ONE = { values: { database: { host: 'db.one' } }, files: { 'limits.conf': 'one\n' } };
const TWO = { values: { database: { host: 'db.two' } }, files: { 'limits.conf': 'two\n', 'more.conf': 'more\n' } };

/** Steps at once: most of a run is Python starting. */
const AT_ONCE = 4;
const LIMIT = 600_000;

async function each(count: number, act: (n: number) => Promise<void>): Promise<void> {
  let next = 1;
  const worker = async () => {
    for (let n = next++; n <= count; n = next++) await act(n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

it(
  'leaves nothing or all of the first version when it is killed before any step',
  async () => {
    await using aws = await FakeAws.start();
    const { content } = aws.publish(ONE);
    await using whole = await LoaderMachine.create(aws);
    await whole.run('load');
    const steps = await whole.steps();
    expect(steps).toBeGreaterThan(30);

    const seen = new Set<string | undefined>();
    await each(steps, async (kill) => {
      await using machine = await LoaderMachine.create(aws);
      expect(await machine.run('load', { kill }), `step ${kill}`).toMatchObject({ code: 'SIGKILL' });
      const left = await machine.current();
      expect([undefined, content], `step ${kill}`).toContain(left);
      seen.add(left);
      // The next boot, or the next tick of the timer, is as if nothing had been.
      expect(await machine.run('load'), `step ${kill}`).toMatchObject({ code: 0, stderr: '' });
      expect(await machine.current(), `step ${kill}`).toBe(content);
      expect(await machine.names(), `step ${kill}`).toEqual(['.lock', 'current', 'state.json', content].sort());
    });
    expect([...seen]).toHaveLength(2);
  },
  LIMIT,
);

it(
  'has the old or the new version when it is killed during a change, and reloads for the new one',
  async () => {
    await using aws = await FakeAws.start();
    await using before = await LoaderMachine.create(aws);
    const one = aws.publish(ONE);
    await before.run('load');
    const two = aws.publish(TWO);
    await using whole = await LoaderMachine.create(aws);
    await cp(before.path('state'), whole.path('state'), { recursive: true, verbatimSymlinks: true });
    await whole.run('refresh');
    const steps = await whole.steps();
    expect(steps).toBeGreaterThan(30);

    const seen = new Set<string | undefined>();
    await each(steps, async (kill) => {
      await using machine = await LoaderMachine.create(aws);
      await cp(before.path('state'), machine.path('state'), { recursive: true, verbatimSymlinks: true });
      expect(await machine.run('refresh', { kill }), `step ${kill}`).toMatchObject({ code: 'SIGKILL' });
      const left = await machine.current();
      expect([one.content, two.content], `step ${kill}`).toContain(left);
      seen.add(left);
      const reloaded = (await machine.actions()).length;
      expect(await machine.run('refresh'), `step ${kill}`).toMatchObject({ code: 0, stderr: '' });
      expect(await machine.current(), `step ${kill}`).toBe(two.content);
      expect(await machine.names(), `step ${kill}`).toEqual(
        ['.lock', one.content, two.content, 'current', 'previous', 'state.json'].sort(),
      );
      // Once, or again where the kill came before it was written down that it was done; never not at all.
      const actions = (await machine.actions()).length;
      expect(actions, `step ${kill}`).toBeGreaterThanOrEqual(1);
      expect(actions - reloaded, `step ${kill}`).toBeLessThanOrEqual(1);
      expect(await machine.state(), `step ${kill}`).toMatchObject({ applied: two.content });
    });
    expect([...seen]).toHaveLength(2);
  },
  LIMIT,
);

/** What is there takes 24k: six files, a page each. */
const SIZES = ['24k', '28k', '36k', '44k', '48k', '52k', '56k', '80k'];

it('explains a full disk, and keeps what it has', async () => {
  await using aws = await FakeAws.start();
  await using before = await LoaderMachine.create(aws);
  const one = aws.publish(ONE);
  await before.run('load');
  const two = aws.publish(TWO);
  const outcomes = new Set<string>();
  for (const size of SIZES) {
    await using machine = await LoaderMachine.create(aws);
    const [state, saved] = [machine.path('state'), before.path('state')];
    // What is on the small disk in the end is copied to where this test can see it.
    const script = [
      `mkdir '${state}'`,
      `mount -t tmpfs -o size=${size} none '${state}'`,
      `cp -a '${saved}/.' '${state}/'`,
      'code=0; "$@" || code=$?',
      `cp -a '${state}' '${state}.after'; umount '${state}'; rmdir '${state}'; mv '${state}.after' '${state}'`,
      'exit $code',
    ].join('\n');
    const { code, reason, stderr } = await machine.run('refresh', {
      wrapper: [...inNamespace('--mount'), 'sh', '-euc', script, 'sh'],
    });
    expect({ size, stderr }).toEqual({ size, stderr: '' });
    const left = await machine.current();
    if (code === 0) expect(left).toBe(two.content);
    else expect({ size, code, reason }).toEqual({ size, code: 1, reason: 'disk-full' });
    expect([one.content, two.content]).toContain(left);
    outcomes.add(`${code} ${left === two.content ? 'new' : 'old'}`);
    expect(await machine.run('refresh'), size).toMatchObject({ code: 0 });
    expect(await machine.current(), size).toBe(two.content);
  }
  expect([...outcomes]).toEqual(expect.arrayContaining(['1 old', '0 new']));
});
