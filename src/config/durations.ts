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

const DAY = 24 * UNITS.h;
/** EC2 takes no date of deprecation that is further away. */
const MOST_DAYS = 3650;

export const DAYS_RULE = "a number of days from 1d to 3650d, such as '90d'";

/** Days, or undefined for what is no number of days. */
export function parseDays(written: string): number | undefined {
  const days = Number(/^(\d+)d$/.exec(written)?.[1]);
  return days >= 1 && days <= MOST_DAYS ? days : undefined;
}

export const AGE_RULE = "an age such as '12h' or '7d'";

/** Seconds, or undefined for what is no age. */
export function parseAge(written: string | number): number | undefined {
  const days = parseDays(String(written));
  return days === undefined ? parseDuration(written) : days * DAY;
}
