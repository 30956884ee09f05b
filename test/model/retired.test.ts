import { describe, expect, it } from 'vitest';
import { NOT_SHARED, type Sharing } from '../../src/model/channel.ts';
import type { AccountId } from '../../src/model/ids.ts';
import { isRetiredKey, type RetiredMark, retiredMark, retiredTags } from '../../src/model/retired.ts';
import { isStatusTag, lastingTags } from '../../src/model/status-tags.ts';

const AT = '2026-11-20T15:04:05Z';
const accounts = (count: number): AccountId[] =>
  Array.from({ length: count }, (_, number) => `${100_000_000_000 + number}` as AccountId);
const ORGANIZATION = 'arn:aws:organizations::111122223333:organization/o-abcdefghij';
const UNIT = 'arn:aws:organizations::111122223333:ou/o-abcdefghij/ou-abcd-abcdefgh';

describe('the mark of a retired AMI', () => {
  it.each<[string, RetiredMark]>([
    ['of one that nobody shares', { at: AT, protection: 'off', sharing: NOT_SHARED }],
    [
      'with all that was before',
      { at: AT, deprecateAt: '2027-02-18T12:30:00Z', protection: 'with-cooldown', sharing: NOT_SHARED },
    ],
    [
      'of one that everybody shares',
      {
        at: AT,
        protection: 'on',
        sharing: { accounts: accounts(100), organizations: [ORGANIZATION], organizationalUnits: [UNIT], public: true },
      },
    ],
  ])('%s is read as it was written', (_, mark) => {
    const tags = retiredTags(mark, { team: 'web' });
    expect(Object.values(tags).filter((value) => value.length > 256)).toEqual([]);
    expect(retiredMark({ team: 'web', ...tags })).toEqual(mark);
  });

  it('has no permissions where there is no room for them beside the tags that are there', () => {
    const sharing: Sharing = { ...NOT_SHARED, accounts: accounts(40) };
    const others = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, number) => [`tag-${number}`, '']));
    // One for the mark, three for the accounts.
    expect(retiredMark(retiredTags({ at: AT, protection: 'off', sharing }, others(46)))).toHaveProperty('sharing');
    const full = retiredTags({ at: AT, protection: 'off', sharing }, others(47));
    expect([Object.keys(full).length, retiredMark(full)]).toEqual([1, { at: AT, protection: 'off' }]);
  });

  it('is not ours to judge in another form, or without all of its parts', () => {
    const sharing: Sharing = { ...NOT_SHARED, accounts: accounts(40) };
    const { 'bake:retired/2': _, ...torn } = retiredTags({ at: AT, protection: 'off', sharing }, {});
    expect(retiredMark(torn)).toBe('unreadable');
    expect(retiredMark({ 'bake:retired': 'yes' })).toBe('unreadable');
    expect(retiredMark({ 'bake:retired': `2026-99-20T15:04:05Z deprecated=never protection=off shares=0` })).toBe(
      'unreadable',
    );
    expect(retiredMark({ team: 'web' })).toBeUndefined();
  });

  it('is a status, which no copy gets', () => {
    const tags = retiredTags({ at: AT, protection: 'off', sharing: { ...NOT_SHARED, public: true } }, {});
    expect(Object.keys(tags).every((key) => isRetiredKey(key) && isStatusTag(key))).toBe(true);
    expect(lastingTags({ ...tags, team: 'web' })).toEqual({ team: 'web' });
  });
});
