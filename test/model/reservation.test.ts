import { describe, expect, test } from 'vitest';
import { isEarlier, type Reservation, reservationOf } from '../../src/model/reservation.ts';
import { isSameSpace, ownerText, parseOwner } from '../../src/model/run-owner.ts';
import { TAG } from '../../src/model/tags.ts';
import { fingerprint, PROJECT, RUN } from '../helpers/builders.ts';

const NAME = 'bake/acme/api/2026.11.20.1-x86_64';
const keyPair = (
  name: string,
  tags: Record<string, string> = { [TAG.run]: RUN },
  createdAt = '2026-11-20T12:00:00.000Z',
) => reservationOf(PROJECT, { id: `key-${name}`, name, createdAt, tags });
const owner = { run: RUN, user: 'ann', host: 'ci-7.example', pid: 4711, processes: '6f1b pid:[4026531836]' };

describe('a reservation', () => {
  test('is told by the name and the tags of its key pair', () => {
    const wants = fingerprint('api');
    const tags = {
      [TAG.run]: RUN,
      [TAG.wants]: wants,
      [TAG.alive]: '2026-11-20T12:02:00.000Z',
      [TAG.owner]: ownerText(owner),
    };
    expect(keyPair(NAME, tags)).toMatchObject({
      image: 'api',
      version: '2026.11.20.1',
      architecture: 'x86_64',
      run: RUN,
      wants,
      alive: '2026-11-20T12:02:00.000Z',
      owner: { run: RUN, user: 'ann', host: 'ci-7.example', pid: 4711 },
    });
  });

  test('of an older bake says neither what it is for nor who has it', () => {
    expect(Object.keys(keyPair(NAME) ?? {})).not.toEqual(expect.arrayContaining(['wants']));
    expect(keyPair(NAME, { [TAG.run]: RUN, [TAG.wants]: 'x', [TAG.owner]: 'y' })).not.toHaveProperty('owner');
  });

  test.each([
    ['another project', 'bake/other/api/1-x86_64', { [TAG.run]: RUN }],
    ['a trial', `bake/acme/api/x86_64/${RUN}`, { [TAG.run]: RUN }],
    ['somebody else', 'acme/api/1-x86_64', { [TAG.run]: RUN }],
    ['no run', NAME, {}],
  ])('is none of %s', (_, name, tags) => {
    expect(keyPair(name, tags)).toBeUndefined();
  });
});

test.each([
  ['by time', NAME, '2026-11-20T12:00:01.000Z', 'bake/acme/api/2026.11.20.2-x86_64', '2026-11-20T12:00:00.000Z', false],
  [
    'by number at the same time',
    'bake/acme/api/2026.11.20.9-x86_64',
    '2026-11-20T12:00:00.000Z',
    'bake/acme/api/2026.11.20.10-x86_64',
    '2026-11-20T12:00:00.000Z',
    true,
  ],
])('the earlier of two is known %s', (_, a, timeA, b, timeB, earlier) => {
  const [one, two] = [keyPair(a, undefined, timeA), keyPair(b, undefined, timeB)] as [Reservation, Reservation];
  expect([isEarlier(one, two), isEarlier(two, one)]).toEqual([earlier, !earlier]);
});

describe('the owner', () => {
  test('fits into a tag, whatever the machine is called', () => {
    const text = ownerText({ ...owner, host: `${'ä[]'.repeat(60)}`, user: 'Ann Lee' });
    expect(text).toMatch(/^[\w.:=+@ -]{1,256}$/);
    expect(parseOwner(text)).toMatchObject({ user: 'Ann_Lee', pid: 4711 });
    expect(parseOwner(ownerText({ run: RUN, user: 'ann', host: 'ci-7', pid: 1 }))).not.toHaveProperty('processes');
  });

  test('is of the same processes after it has been through one', () => {
    const read = parseOwner(ownerText(owner))?.processes ?? '';
    expect(isSameSpace(read, owner.processes)).toBe(true);
    expect(isSameSpace(read, '6f1b pid:[4026531837]')).toBe(false);
  });
});
