const UNITS = { s: 1, m: 60, h: 3600 } as const;
const WRITTEN = /^(\d+)([smh])$/;
const LONGEST = 24 * UNITS.h;

export const DURATION_RULE = "a duration from 1s to 24h, such as '90s', '5m', '2h', or a whole number of seconds";

/** Seconds, or undefined for what is not a duration. */
export function parseDuration(written: string | number): number | undefined {
  const seconds = typeof written === 'number' ? written : secondsIn(written);
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST ? seconds : undefined;
}

function secondsIn(text: string): number {
  const [, count, unit] = WRITTEN.exec(text) ?? [];
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}
