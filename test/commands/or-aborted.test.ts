import { expect, test } from 'vitest';
import { orAborted } from '../../src/commands/or-aborted.ts';

const never = () => new Promise<never>(() => {});

test('is what the work gives or throws', async () => {
  const { signal } = new AbortController();
  await expect(orAborted(signal, Promise.resolve(1))).resolves.toBe(1);
  await expect(orAborted(signal, Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('does not wait for work when the signal is aborted, before or meanwhile', async () => {
  const reason = new Error('stopped');
  await expect(orAborted(AbortSignal.abort(reason), never())).rejects.toBe(reason);
  const stop = new AbortController();
  const waiting = orAborted(stop.signal, never());
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
