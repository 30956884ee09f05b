import { expect, it } from 'vitest';
import { roleSession } from '../../src/aws/role-session.ts';

const MINUTE = 60_000;

/** A role whose sessions last an hour; the clock stands until it is moved. */
function role() {
  const clock = { now: 0 };
  const assumed: number[] = [];
  let refusal: Error | undefined;
  const session = roleSession(
    async () => {
      assumed.push(clock.now);
      if (refusal !== undefined) throw refusal;
      const name = `session ${assumed.length}`;
      return { accessKeyId: name, secretAccessKey: 'x', expiration: new Date(clock.now + 60 * MINUTE) };
    },
    () => clock.now,
  );
  const refuse = (error: Error | undefined) => {
    refusal = error;
  };
  return { clock, assumed, ask: async () => (await session()).accessKeyId, refuse };
}

it('assumes a role once for all who ask, also for those who ask at the same time', async () => {
  const { assumed, ask, clock } = role();
  expect(await Promise.all([ask(), ask()])).toEqual(['session 1', 'session 1']);
  clock.now = 49 * MINUTE;
  expect(await ask()).toBe('session 1');
  expect(assumed).toEqual([0]);
});

it('assumes it again before the session ends', async () => {
  const { ask, clock } = role();
  await ask();
  clock.now = 51 * MINUTE;
  expect(await Promise.all([ask(), ask()])).toEqual(['session 2', 'session 2']);
});

it('goes on with the session that there is while it cannot be renewed, and fails when it is over', async () => {
  const { ask, clock, refuse } = role();
  await ask();
  refuse(new Error('no'));
  clock.now = 59 * MINUTE;
  expect(await ask()).toBe('session 1');
  clock.now = 60 * MINUTE;
  await expect(ask()).rejects.toThrow('no');
  refuse(undefined);
  expect(await ask()).toBe('session 4');
});
