import { describe, expect, test } from 'vitest';
import { grantsIn } from '../../../src/model/status-tags.ts';
import type { Call, Hook } from '../../helpers/fake-process.ts';
import { type FakeWorld, refused } from '../../helpers/fake-world.ts';
import { dump, pointedAt, promotionOf, run, worldWithFirst } from '../../helpers/promoting.ts';

/** How a call fails: refused, throttled, or done with an answer that is lost. */
const FAILURES = [
  ['access-denied', 'before'],
  ['throttled', 'before'],
  ['throttled', 'after'],
] as const;

async function undisturbed(): Promise<{ readonly expected: object; readonly calls: readonly Call[] }> {
  const world = await worldWithFirst();
  const { process } = await run(world, promotionOf(2));
  return { expected: dump(world, { versions: false }), calls: process.calls };
}

const grants = (world: FakeWorld) => world.images.flatMap(({ image }) => grantsIn(image.tags));

/** Fails, and what must hold then: done, or pointers as they were; and the next run finishes. */
async function check(hook: Hook, expected: object, at: string, { mixed = false } = {}): Promise<boolean> {
  const world = await worldWithFirst();
  const { promoted } = await run(world, promotionOf(2), hook);
  const { error } = promoted;
  // All of them are moved when only what was done cannot be read again or recorded.
  if (error === undefined) expect(pointedAt(world), at).toEqual(['2.0.0']);
  else if (!mixed) expect(pointedAt(world), at).toHaveLength(1);
  if (error?.code === 'promotion-incomplete') expect(pointedAt(world), at).toEqual(['1.0.0']);
  if (error?.code === 'pointer-not-moved' && !mixed) expect(pointedAt(world), at).toEqual(['1.0.0']);
  if (error === undefined) expect(grants(world), at).toEqual([]);
  else {
    expect(error.message, at).not.toMatch(/internal error/);
    expect(error.hint, at).toMatch(/./);
  }
  const again = await run(world, promotionOf(2));
  expect(again.promoted.error, at).toBeUndefined();
  expect(dump(world, { versions: false }), at).toEqual(expected);
  expect(world.violations, at).toEqual([]);
  expect(grants(world), at).toEqual([]);
  return error === undefined;
}

describe('with each call failing', () => {
  test('once, it finishes or stops with pointers unmoved, and a later run finishes', async () => {
    const { expected, calls } = await undisturbed();
    for (const { number, where, operation } of calls) {
      for (const [code, when] of FAILURES) {
        const hook: Hook = (call, phase) => {
          if (call.number === number && phase === when) throw refused(code, `${code} by the test`);
        };
        await check(hook, expected, `${code} ${when} call ${number}: ${operation} in ${where}`);
      }
    }
  }, 300_000);

  test('for ever, a later run finishes', async () => {
    const { expected, calls } = await undisturbed();
    const kinds = new Map(calls.map((call) => [`${call.operation} in ${call.where}`, call]));
    for (const [at, { where, operation }] of kinds) {
      for (const [code, when] of FAILURES) {
        const hook: Hook = (call, phase) => {
          const same = call.where === where && call.operation === operation;
          if (same && phase === when) throw refused(code, `${code} by the test`);
        };
        // A pointer that was written, and answers nothing any more, cannot be put back either.
        const mixed = when === 'after' && operation.startsWith('write');
        await check(hook, expected, `always ${code} ${when} ${at}`, { mixed });
      }
    }
  }, 300_000);
});
