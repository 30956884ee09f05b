/** What happens to one step of set-up on this machine; times in seconds. */
export type StepEvent =
  | { readonly step: string; readonly state: 'started' }
  | { readonly step: string; readonly state: 'output'; readonly line: string }
  | { readonly step: string; readonly state: 'done'; readonly seconds: number; readonly detail?: string }
  | { readonly step: string; readonly state: 'failed'; readonly seconds: number };

/** Takes events as they happen; must not throw. */
export type OnStep = (event: StepEvent) => void;

export interface StepContext {
  /** Reports a step. Called only when there is work to do, so that a machine that is ready shows nothing. */
  readonly onStep?: OnStep | undefined;
  /** Ends the work, and the processes it started. */
  readonly signal?: AbortSignal | undefined;
}

/** A line of output of the step that is running. */
export type OnLine = (line: string) => void;

/** What the step made; `detail` is shown beside it. */
export interface StepResult<T> {
  readonly value: T;
  readonly detail?: string;
}

/** Runs one step between its `started` and its `done` or `failed`; passes on what it throws. */
export async function runStep<T>(
  step: string,
  { onStep }: StepContext,
  work: (onLine: OnLine) => Promise<StepResult<T>>,
): Promise<T> {
  const started = performance.now();
  const seconds = () => Math.round(performance.now() - started) / 1000;
  onStep?.({ step, state: 'started' });
  try {
    const { value, detail } = await work((line) => onStep?.({ step, state: 'output', line }));
    onStep?.({ step, state: 'done', seconds: seconds(), ...(detail === undefined ? {} : { detail }) });
    return value;
  } catch (error) {
    onStep?.({ step, state: 'failed', seconds: seconds() });
    throw error;
  }
}

/**
 * Waits for all, then passes on the first failure. A failure aborts the others' signal first, so that none is still
 * at work, or still holds a lock, when the error is shown.
 */
export async function together<T extends readonly unknown[]>(
  outer: AbortSignal | undefined,
  start: (signal: AbortSignal) => { readonly [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const failed = new AbortController();
  const signal = outer === undefined ? failed.signal : AbortSignal.any([outer, failed.signal]);
  const errors: unknown[] = [];
  const work = start(signal).map((promise: Promise<unknown>) =>
    promise.catch((error: unknown) => {
      errors.push(error);
      failed.abort(error);
    }),
  );
  const values = await Promise.all(work);
  if (errors.length > 0) throw errors[0];
  return values as unknown as T;
}
