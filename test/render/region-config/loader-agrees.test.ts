import { expect, test } from 'vitest';
import type { AccountId, ChannelName, Region } from '../../../src/model/ids.ts';
import type { Variables } from '../../../src/model/image.ts';
import { MAX_MANIFEST, MAX_OBJECTS } from '../../../src/render/region-config/sizes.ts';
import { renderTarget } from '../../../src/render/region-config/target.ts';
import { regionConfig } from '../../helpers/builders.ts';
import { inLoader } from '../../helpers/loader-module.ts';

const TARGET = { account: '111122223333' as AccountId, region: 'eu-west-1' as Region, mode: 'copy' } as const;

/** Whether a push would publish these values, and whether the loader would take them. */
async function accepted(values: Variables, required: readonly string[]) {
  const config = regionConfig({ values, required });
  const { objects, problems } = renderTarget(config, TARGET, 'prod' as ChannelName, new Map());
  const answer = await inLoader(
    'sorted(loader.version_files({}, {"values.json": data["text"].encode()}, data["required"]))',
    {
      text: objects.find(({ name }) => name === 'values.json')?.content.toString('utf8'),
      required,
    },
  );
  return { pushed: problems.length === 0, loaded: Array.isArray(answer) };
}

test.each<[boolean, Variables, ...required: string[]]>([
  [true, { a: 0, b: false, c: [0] }, 'a', 'b', 'c'],
  [true, { database: { host: null, port: 1 } }, 'database'],
  [true, { hosts: ['', ''], pairs: [{}], lists: [[]] }, 'hosts', 'pairs', 'lists'],
  [false, { database: {} }, 'database'],
  [false, { database: { host: null, hosts: [''], more: {} } }, 'database'],
  [false, { hosts: [''] }, 'hosts'],
  [false, { hosts: [null] }, 'hosts'],
  [false, { hosts: ['a'] }, 'hosts.0'],
  [false, { a: 'x\0y' }],
  [false, { a: ['x\0y'] }],
  [false, { a: '\ud800' }],
  [true, { a: ['🦊'] }],
  [false, { database: { host: 'a' }, 'database-host': 'b' }],
  [false, { 'db-hosts': ['a'], db_hosts: 'b' }],
  [false, { 'db-hosts': [], db_hosts: [{ a: 1 }] }],
  [true, { hosts: ['a'], 'hosts-0': 'b', pairs: [{ a: 1 }, { a: 2 }], 'a-b': {}, a_b: 1 }],
])('%s for a push is the same for the loader: %j', async (expected, values, ...required) => {
  expect(await accepted(values, required)).toEqual({ pushed: expected, loaded: expected });
});

test('the sizes are those of the loader', async () => {
  expect(await inLoader('[loader.MAX_MANIFEST, loader.MAX_OBJECTS]')).toEqual([MAX_MANIFEST, MAX_OBJECTS]);
});
