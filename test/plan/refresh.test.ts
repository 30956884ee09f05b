import { describe, expect, test } from 'vitest';
import { epochsAt } from '../../src/plan/refresh.ts';

const at = (time: string) => Object.values(epochsAt(new Date(time))).join(' ');

describe('epochs', () => {
  test.each([
    ['2026-11-20T12:00:00Z', '2026-11-20 2026-W47 2026-11'],
    ['2026-11-22T23:59:59.999Z', '2026-11-22 2026-W47 2026-11'],
    ['2026-11-23T00:00:00Z', '2026-11-23 2026-W48 2026-11'],
    // The days around a new year are of the week that holds the Thursday.
    ['2021-01-03T10:00:00Z', '2021-01-03 2020-W53 2021-01'],
    ['2021-01-04T10:00:00Z', '2021-01-04 2021-W01 2021-01'],
    ['2024-12-30T10:00:00Z', '2024-12-30 2025-W01 2024-12'],
    ['2027-01-01T00:00:00Z', '2027-01-01 2026-W53 2027-01'],
  ])('at %s are %s', (time, epochs) => expect(at(time)).toBe(epochs));

  test('are those of UTC wherever the machine stands', () => {
    expect(at('2026-12-01T08:30:00+09:00')).toBe('2026-11-30 2026-W49 2026-11');
    expect(at('2026-11-30T20:00:00-05:00')).toBe('2026-12-01 2026-W49 2026-12');
  });

  test('of weeks change on Mondays and at no other time', () => {
    const days = Array.from({ length: 4000 }, (_, day) => new Date(Date.UTC(2019, 0, 1 + day)));
    const changed = days.filter((day, n) => n > 0 && epochsAt(day).weekly !== epochsAt(days[n - 1] ?? day).weekly);
    expect(new Set(changed.map((day) => day.getUTCDay()))).toEqual(new Set([1]));
    expect(changed).toHaveLength(days.filter((day) => day.getUTCDay() === 1).length);
  });
});
