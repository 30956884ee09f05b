import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { CloudConfig, mergeConfD, mergeConfig } from '../../src/contract/cloud-config.ts';
import { isConfDName } from '../../src/contract/lineage.ts';
import type { Json } from '../../src/model/image.ts';
import { CloudInitModules, type ConfD } from '../helpers/cloud-init-modules.ts';

let cloudInit: CloudInitModules;
/** What the package's own cloud.cfg says. */
let packaged: Json;
beforeAll(async () => {
  cloudInit = await CloudInitModules.open();
  packaged = (await cloudInit.merged({}))[0]?.[0] ?? null;
});

/** The linter's answer: the files over the package's cloud.cfg. */
function ours(files: ConfD): Json {
  const read = Object.entries(files).filter(([name]) => isConfDName(name));
  const confD = read.map(
    ([name, text]) => [name, typeof text === 'string' ? new CloudConfig(text).value : text] as const,
  );
  return mergeConfig(mergeConfD(new Map(confD)), packaged);
}

test.each<[string, ConfD]>([
  ['later names win', { '90-a.cfg': { x: 1 }, '95-b.cfg': { x: 2 } }],
  ['names are strings: 9- beats 10-', { '9-a.cfg': { x: 1 }, '10-b.cfg': { x: 2 } }],
  ['- sorts before _', { '90-a.cfg': { x: 1 }, '90_b.cfg': { x: 2 } }],
  ['a letter beats a digit', { 'a.cfg': { x: 1 }, '99-b.cfg': { x: 2 } }],
  ['mappings merge', { '1.cfg': { x: { a: 1, b: { c: 1 } } }, '2.cfg': { x: { b: { d: 2 } } } }],
  ['lists are replaced', { '1.cfg': { x: [1, 2] }, '2.cfg': { x: [3] } }],
  ['an empty list too', { '1.cfg': { x: [1] }, '2.cfg': { x: [] } }],
  ['null masks', { '1.cfg': { x: { a: 1 } }, '2.cfg': { x: null } }],
  ['a list does not replace a mapping', { '1.cfg': { x: { a: 1 } }, '2.cfg': { x: [1] } }],
  ['nor does a text', { '1.cfg': { x: { a: 1 } }, '2.cfg': { x: 'a' } }],
  ['null masks nothing that is above it', { '1.cfg': { x: { a: 1 } }, '2.cfg': { x: null }, '3.cfg': { x: { b: 2 } } }],
  ['a number does', { '1.cfg': { x: { a: 1 } }, '2.cfg': { x: 1 } }],
  ['a mapping replaces a scalar', { '1.cfg': { x: 1 }, '2.cfg': { x: { a: 1 } } }],
  ['other names are not read', { '1.cfg': { x: 1 }, '2.yaml': { x: 2 }, '3.cfg.bak': { x: 3 } }],
  [
    'over the package’s own',
    { '1.cfg': { users: [], apt: { conf: 'x' }, system_info: { default_user: { sudo: null } } } },
  ],
  ['YAML 1.1', { '1.cfg': 'a: off\nb: yes\nc: 0o17\nd: 017\ne: 1:30\n' }],
  ['no YAML at all drops the file', { '1.cfg': { x: 1 }, '2.cfg': 'x: [' }],
  ['no mapping drops the file', { '1.cfg': { x: 1 }, '2.cfg': '- x' }],
])('%s', async (_, files) => {
  const [[theirs, guards] = []] = await cloudInit.merged(files);
  expect({ linter: ours(files), guard: guards }).toEqual({ linter: theirs, guard: theirs });
});

const key = fc.constantFrom('a', 'b', 'c');
const config = fc.letrec((tie) => ({
  mapping: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 1, 'x'),
    fc.array(fc.constantFrom(1, 'x'), { maxLength: 2 }),
    tie('mapping'),
  ),
})).mapping as fc.Arbitrary<Record<string, Json>>;
const name = fc.constantFrom('1.cfg', '10-a.cfg', '9-a.cfg', '90_a.cfg', '90-a.cfg', 'z.cfg', 'z.txt');

/** Without what the package's cloud.cfg says. */
function ownKeys(merged: Json): Json {
  const entries = Object.entries(merged as Readonly<Record<string, Json>>);
  return Object.fromEntries(entries.filter(([key]) => ['a', 'b', 'c'].includes(key)));
}

test('any files', async () => {
  const seed = Date.now();
  const sets = fc.sample(fc.dictionary(name, config, { minKeys: 2, maxKeys: 4, noNullPrototype: true }), {
    seed,
    numRuns: 500,
  });
  const merged = await cloudInit.merged(...sets);
  const wrong = sets.flatMap((files, at) => {
    const [theirs, guard] = (merged[at] ?? []).map(ownKeys);
    const linter = ownKeys(ours(files));
    return isDeepStrictEqual([linter, guard], [theirs, theirs]) ? [] : [{ files, theirs, linter, guard }];
  });
  const size = (value: unknown) => JSON.stringify(value).length;
  expect(
    wrong.sort((a, b) => size(a.files) - size(b.files)).slice(0, 1),
    `seed ${seed}, ${wrong.length} wrong`,
  ).toEqual([]);
});

test('ds-identify reads the first line of a data source list and no more', async () => {
  expect(await cloudInit.listedSources('datasource_list: [Ec2, None]\n')).toEqual(['Ec2', 'None']);
  expect(await cloudInit.listedSources('datasource_list: [Ec2,\n  None]\n')).toEqual(['Ec2']);
  expect(await cloudInit.listedSources('datasource_list:\n  - Ec2\n  - None\n')).toContain('NoCloud');
});
