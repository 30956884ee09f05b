import { cp, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { FakeAws } from '../../helpers/fake-aws.ts';
import { LoaderMachine } from '../../helpers/loader-machine.ts';
import { inNamespace } from '../../helpers/namespace.ts';

const ONE = { values: { database: { host: 'db.one' } }, files: { 'limits.conf': 'one\n' } };
const TWO = { values: { database: { host: 'db.two' } }, files: { 'limits.conf': 'two\n', 'more.conf': 'more\n' } };

/** A machine for each step. */
async function machinesFor(aws: FakeAws, steps: number) {
  const all = await Promise.all(Array.from({ length: steps }, () => LoaderMachine.create(aws)));
  return {
    all,
    whole: all.map((machine) => ({ machine })),
    killing: all.map((machine, index) => ({ machine, kill: index + 1 })),
    [Symbol.asyncDispose]: async () => {
      for (const machine of all) await machine[Symbol.asyncDispose]();
    },
  };
}

const codes = (ran: readonly { readonly code: unknown }[]) => new Set(ran.map(({ code }) => code));

it('leaves nothing or all of the first version when it is killed before any step', async () => {
  await using aws = await FakeAws.start();
  const { content } = aws.publish(ONE);
  await using whole = await LoaderMachine.create(aws);
  await whole.run('load');
  const steps = await whole.steps();
  expect(steps).toBeGreaterThan(30);

  await using machines = await machinesFor(aws, steps);
  expect(codes(await LoaderMachine.runEach('load', machines.killing))).toEqual(new Set(['SIGKILL']));
  const left = await Promise.all(machines.all.map((machine) => machine.current()));
  expect(new Set(left)).toEqual(new Set([undefined, content]));
  const modes = await Promise.all(
    machines.all.map((machine) =>
      stat(machine.path('state/.new')).then(
        ({ mode }) => mode & 0o777,
        () => undefined,
      ),
    ),
  );
  // Nobody else ever sees what is half done.
  expect(new Set(modes)).toEqual(new Set([undefined, 0o700, 0o750]));

  // The next boot is as if nothing had been.
  expect(codes(await LoaderMachine.runEach('load', machines.whole))).toEqual(new Set([0]));
  for (const [index, machine] of machines.all.entries()) {
    const step = `step ${index + 1}`;
    expect(await machine.current(), step).toBe(content);
    expect(await machine.names(), step).toEqual(['.lock', 'current', 'state.json', content].sort());
  }
});

/** Machines that had ONE, each killed before another step of the change to TWO, and what each was left with. */
async function killedDuringChange(aws: FakeAws) {
  await using before = await LoaderMachine.create(aws);
  const one = aws.publish(ONE);
  await before.run('load');
  const two = aws.publish(TWO);
  const asBefore = (machine: LoaderMachine) =>
    cp(before.path('state'), machine.path('state'), { recursive: true, verbatimSymlinks: true });
  await using whole = await LoaderMachine.create(aws);
  await asBefore(whole);
  await whole.run('refresh');
  const steps = await whole.steps();
  expect(steps).toBeGreaterThan(30);

  const machines = await machinesFor(aws, steps);
  for (const machine of machines.all) await asBefore(machine);
  expect(codes(await LoaderMachine.runEach('refresh', machines.killing))).toEqual(new Set(['SIGKILL']));
  const left = await Promise.all(machines.all.map((machine) => machine.current()));
  expect(new Set(left)).toEqual(new Set([one.content, two.content]));
  const actions = () => Promise.all(machines.all.map(async (machine) => (await machine.actions()).length));
  return { ...machines, one, two, left, actions };
}

it('has the old or the new version when it is killed during a change, and reloads for the new one', async () => {
  await using aws = await FakeAws.start();
  await using killed = await killedDuringChange(aws);
  const { one, two, actions } = killed;
  const whenKilled = await actions();
  expect(codes(await LoaderMachine.runEach('refresh', killed.whole))).toEqual(new Set([0]));
  const afterwards = await actions();
  expect(codes(await LoaderMachine.runEach('refresh', killed.whole))).toEqual(new Set([0]));
  // Once, or again where the kill came before it was written down that it was done; never not at all.
  for (const [index, count] of afterwards.entries()) {
    expect(count, `step ${index + 1}`).toBeGreaterThanOrEqual(1);
    expect(count - (whenKilled[index] ?? 0), `step ${index + 1}`).toBeLessThanOrEqual(1);
  }
  expect(await actions()).toEqual(afterwards);
  for (const [index, machine] of killed.all.entries()) {
    const step = `step ${index + 1}`;
    expect(await machine.current(), step).toBe(two.content);
    expect(await machine.state(), step).toMatchObject({ applied: two.content });
    expect(await machine.names(), step).toEqual(
      ['.lock', one.content, two.content, 'current', 'previous', 'state.json'].sort(),
    );
  }
});

it('reloads when it goes back, wherever it was killed once the new version could be seen', async () => {
  await using aws = await FakeAws.start();
  await using killed = await killedDuringChange(aws);
  const { one, two, left, actions } = killed;
  const whenKilled = await actions();
  aws.publish(ONE);
  expect(codes(await LoaderMachine.runEach('refresh', killed.whole))).toEqual(new Set([0]));
  for (const [index, count] of (await actions()).entries()) {
    const step = `step ${index + 1}`;
    if (left[index] === two.content) expect(count - (whenKilled[index] ?? 0), step).toBe(1);
    expect(await killed.all[index]?.current(), step).toBe(one.content);
    expect(await killed.all[index]?.state(), step).toMatchObject({ applied: one.content });
  }
});

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
