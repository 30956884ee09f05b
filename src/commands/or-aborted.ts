/**
 * What `work` gives, unless the signal is aborted first. For looking at AWS: the SDK goes on asking for minutes where
 * nobody answers, and a look leaves nothing to clean up.
 */
export function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
