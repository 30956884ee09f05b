import type { RefreshPeriod } from '../model/image.ts';

/** What enters a fingerprint for each period: the day, ISO week or month, in UTC. Fixed once for a whole run. */
export type Epochs = Readonly<Record<RefreshPeriod, string>>;

const DAY = 24 * 60 * 60 * 1000;

/** `2026-11-20`, `2026-W47`, `2026-11`. */
export function epochsAt(now: Date): Epochs {
  const day = now.toISOString().slice(0, 10);
  return { daily: day, weekly: isoWeek(now), monthly: day.slice(0, 7) };
}

/** A week belongs to the year that its Thursday is in. */
function isoWeek(now: Date): string {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  // Monday is 0.
  const weekday = (now.getUTCDay() + 6) % 7;
  const thursday = new Date(midnight + (3 - weekday) * DAY);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}
