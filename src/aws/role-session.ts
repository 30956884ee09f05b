import type { Credentials, CredentialsSource } from './connection.ts';

/** Milliseconds before their end in which credentials are replaced: more than the five minutes in which the SDK asks again. */
const RENEWAL = 10 * 60_000;

/** Credentials of one role for all its clients: assumed once, and again before they expire. */
export function roleSession(assume: () => Promise<Credentials>, now: () => number): CredentialsSource {
  let held: Credentials | undefined;
  let underWay: Promise<Credentials> | undefined;
  const left = ({ expiration }: Credentials) =>
    expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - now();

  const renew = async (): Promise<Credentials> => {
    try {
      held = await assume();
      return held;
    } catch (error) {
      // There is time to try again at the next call.
      if (held !== undefined && left(held) > 0) return held;
      throw error;
    } finally {
      underWay = undefined;
    }
  };
  return async () => {
    if (held !== undefined && left(held) > RENEWAL) return held;
    underWay ??= renew();
    return underWay;
  };
}
