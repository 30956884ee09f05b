import { expect, test } from 'vitest';
import { leavesOf } from '../../src/contract/override-text.ts';
import { CONTRACT, rowsFor } from '../../src/contract/table.ts';
import { RELEASES } from '../../src/model/release.ts';

test('rows that share an id are for different releases', () => {
  for (const release of RELEASES) {
    const ids = rowsFor(release).map(({ id }) => id);
    expect(ids.filter((id, position) => ids.indexOf(id) !== position)).toEqual([]);
  }
});

test('it is JSON, as the guard on the builder reads it', () => {
  expect(JSON.parse(JSON.stringify(CONTRACT))).toEqual(CONTRACT);
});

test('every row names its source and says what happens in one sentence without a full stop', () => {
  for (const { id, source, effect, remedy } of CONTRACT) {
    expect(source, id).not.toBe('');
    expect(effect, id).toMatch(/[^.]$/);
    if (remedy.kind === 'advice') expect(remedy.advice, id).toMatch(/[^.]$/);
  }
});

test('what an override says differs between rows only where their modules read different keys', () => {
  for (const release of RELEASES) {
    const said = new Map<string, string>();
    for (const { id, remedy } of rowsFor(release)) {
      if (remedy.kind !== 'override') continue;
      for (const { path, value } of leavesOf(remedy.config)) {
        const key = path.join('.');
        const text = JSON.stringify(value);
        expect(said.get(key) ?? text, `${id} on ${release}: ${key}`).toBe(text);
        said.set(key, text);
      }
    }
  }
});

test('lists in overrides are those that are meant to replace the image’s whole', () => {
  const lists = CONTRACT.flatMap(({ remedy }) =>
    remedy.kind === 'override' ? leavesOf(remedy.config).filter(({ value }) => Array.isArray(value)) : [],
  );
  const keys = new Set(lists.map(({ path }) => path.join('.')));
  expect([...keys].sort()).toEqual(['ca_certs.trusted', 'chpasswd.users', 'mounts', 'packages', 'users']);
});
