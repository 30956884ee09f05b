import type { Clock } from '../../run/effects.ts';
import { isAwsError } from '../errors.ts';

/** How long is waited for what EC2 or SSM will say in the end. */
export interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly limit: number;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;

/** What was just made, or just shared with this account, is unknown to some calls for a while. */
function isEarly(error: unknown): boolean {
  if (isAwsError(error, 'InvalidAMIID.NotFound', 'InvalidSnapshot.NotFound')) return true;
  // Of an AMI whose snapshots this account may not read, or may not read yet.
  return isAwsError(error, 'InvalidRequest') && /access the storage/i.test((error as Error).message);
}

/** Repeats a call while it is answered that its subject does not exist; after that the answer counts. */
export async function whenVisible<T>(waiting: Waiting, call: () => Promise<T>): Promise<T> {
  let refusal: unknown;
  const answer = await poll(waiting, async () => {
    try {
      return { value: await call() };
    } catch (error) {
      if (!isEarly(error)) throw error;
      refusal = error;
      return undefined;
    }
  });
  if (answer === undefined) throw refusal;
  return answer.value;
}

/** Asks until there is an answer, with growing pauses; undefined when the limit has passed. */
export async function poll<T>(
  { clock, signal, limit }: Waiting,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const end = clock.now().getTime() + limit;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    const left = end - clock.now().getTime();
    if (left <= 0) return undefined;
    await clock.sleep(Math.min(pause, left), signal);
  }
}
