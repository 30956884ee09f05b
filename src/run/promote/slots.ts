/** So many things at a time; those that wait are served in order. */
export interface Slots {
  /** Waits until there is room for so many; resolves to what gives it back. More than there is counts as all. */
  take(count: number, signal: AbortSignal): Promise<() => void>;
  /** Takes them whether there is room or not: for what is under way already. */
  occupy(count: number): () => void;
}

export function createSlots(capacity: number): Slots {
  let used = 0;
  const queue: { readonly count: number; readonly start: () => void }[] = [];

  const serve = (): void => {
    for (let first = queue[0]; first !== undefined && used + first.count <= capacity; first = queue[0]) {
      queue.shift();
      first.start();
    }
  };
  const occupy = (count: number): (() => void) => {
    used += count;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      used -= count;
      serve();
    };
  };

  return {
    occupy,
    take: (wanted, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const count = Math.min(wanted, capacity);
        const leave = (): void => {
          queue.splice(queue.indexOf(waiting), 1);
          reject(signal.reason);
          serve();
        };
        const waiting = {
          count,
          start: () => {
            signal.removeEventListener('abort', leave);
            resolve(occupy(count));
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(waiting);
        serve();
      }),
  };
}
