import type { FaultRule, RecordedCall } from './interference.ts';

/** One call of a run that always makes the same ones, although side by side in another order each time. */
export interface CallPoint {
  readonly match: NonNullable<FaultRule['match']>;
  /** Of the calls that match. */
  readonly nth: number;
  readonly title: string;
}

/** In the order in which they came. */
export function pointsOf(calls: readonly RecordedCall[]): readonly CallPoint[] {
  const seen = new Map<string, number>();
  return calls.map((call) => {
    const match = matchOf(call);
    const key = JSON.stringify(match);
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    const { action, account, region, parameters } = call;
    const object = parameters.Key === undefined ? '' : ` of ${parameters.Key}`;
    return { match, nth, title: `${action}${object} ${nth} in ${account}/${region}` };
  });
}

function matchOf({ service, action, region, account, mutating, parameters }: RecordedCall): CallPoint['match'] {
  const { Key } = parameters;
  return { service, action, region, account, mutating, ...(Key === undefined ? {} : { parameters: { Key } }) };
}

/** That call and no other. */
export const ruleAt = ({ match, nth }: CallPoint) => ({ match, nth, times: 1 });
