import { describe, expect, test } from 'vitest';
import { targetId } from '../../src/model/channel.ts';
import type { AccountId, Region } from '../../src/model/ids.ts';
import {
  fillPattern,
  hasContent,
  isObjectName,
  isPerChannel,
  isValuePath,
  type RegionConfig,
} from '../../src/model/region-config.ts';
import { fileObjectName, MANIFEST_NAME, objectKey, VALUES_NAME } from '../../src/model/region-manifest.ts';
import { regionConfig } from '../helpers/builders.ts';

test('a pattern is filled in, and its channel only where one is chosen', () => {
  const where = { region: 'eu-west-1', account: '111122223333' };
  expect(fillPattern('a-{account}-{region}-{region}', where)).toBe('a-111122223333-eu-west-1-eu-west-1');
  expect(fillPattern('{channel}/api', where)).toBe('{channel}/api');
  expect(fillPattern('{channel}/api', { ...where, channel: 'prod' })).toBe('prod/api');
});

test.each<[boolean, string, string]>([
  [false, 'acme-{region}', 'api'],
  [true, 'acme-{region}', '{channel}/api'],
  [true, 'acme-{channel}-{region}', 'api'],
])('per channel is %s: %s %s', (expected, bucket, prefix) => expect(isPerChannel({ bucket, prefix })).toBe(expected));

test.each<[boolean, Partial<RegionConfig>]>([
  [false, {}],
  [false, { regionValues: { 'us-east-1': {} } }],
  [true, { values: { a: 1 } }],
  [true, { channelValues: { prod: { a: 1 } } }],
  [true, { files: { 'a.conf': 'a.conf' } }],
])('has content is %s: %j', (expected, parts) => expect(hasContent(regionConfig(parts))).toBe(expected));

describe('names', () => {
  test.each(['a', 'limits.conf', 'conf.d/10-a_b.conf', '0'])('%j is one of an object', (name) =>
    expect(isObjectName(name)).toBe(true),
  );
  test.each(['', '.', '..', '.a', '/a', 'a/', 'a//b', 'a/../b', 'a/./b', 'a..b', 'a b', 'é', 'a\n', '-a', 'a.'])(
    '%j is none of an object',
    (name) => expect(isObjectName(name)).toBe(false),
  );
  test.each(['database', 'database.host', 'a-b.c_d'])('%j is the path of a value', (path) =>
    expect(isValuePath(path)).toBe(true),
  );
  test.each(['', '.', 'a.', 'a b', '1a', '__proto__', 'a[0]'])('%j is no path of a value', (path) =>
    expect(isValuePath(path)).toBe(false),
  );
  test('of what is published', () => {
    expect(targetId({ account: '111122223333' as AccountId, region: 'us-east-1' as Region })).toBe(
      '111122223333/us-east-1',
    );
    expect([VALUES_NAME, MANIFEST_NAME, fileObjectName('a/b')].map((name) => objectKey('api', name))).toEqual([
      'api/values.json',
      'api/manifest.json',
      'api/files/a/b',
    ]);
  });
});
