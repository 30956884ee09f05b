import { describe, expect, it } from 'vitest';
import { runStep, type StepEvent, together } from '../../src/setup/steps.ts';

describe('runStep', () => {
  it('reports start, output and end', async () => {
    const events: StepEvent[] = [];
    const value = await runStep('image', { onStep: (event) => events.push(event) }, async (onLine) => {
      onLine('half way');
      return { value: 7, detail: 'from packages' };
    });
    expect(value).toBe(7);
    expect(events).toEqual([
      { step: 'image', state: 'started' },
      { step: 'image', state: 'output', line: 'half way' },
      { step: 'image', state: 'done', seconds: expect.any(Number), detail: 'from packages' },
    ]);
  });

  it('reports a failure and passes it on', async () => {
    const states: string[] = [];
    const error = new Error('no');
    const step = runStep('image', { onStep: (event) => states.push(event.state) }, () => Promise.reject(error));
    await expect(step).rejects.toBe(error);
    expect(states).toEqual(['started', 'failed']);
  });
});

describe('together', () => {
  it('returns what each made, in order', async () => {
    expect(await together(undefined, () => [Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two']);
  });

  it('aborts the others on a failure, and waits for them', async () => {
    const error = new Error('first');
    let ended = false;
    const work = together<readonly [never, undefined]>(undefined, (signal) => [
      Promise.reject(error),
      new Promise((_, reject) =>
        signal.addEventListener('abort', () =>
          setImmediate(() => {
            ended = true;
            reject(signal.reason);
          }),
        ),
      ),
    ]);
    await expect(work).rejects.toBe(error);
    expect(ended).toBe(true);
  });

  it('passes an abort from outside on', async () => {
    const stop = new AbortController();
    const work = together<readonly [never]>(stop.signal, (signal) => [
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ]);
    const reason = new Error('Ctrl-C');
    stop.abort(reason);
    await expect(work).rejects.toBe(reason);
  });
});
