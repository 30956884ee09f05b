import { describe, expect, test } from 'vitest';
import {
  parseAccountId,
  parseAmiId,
  parseFingerprint,
  parseImageName,
  parseRegion,
  parseRunId,
  parseVersion,
  type RunId,
  startOf,
} from '../../src/model/ids.ts';

const sixtyFour = 'a1'.repeat(32);

type Parser = (text: string) => string | undefined;

describe.each<[name: string, parse: Parser, good: readonly string[], bad: readonly string[]]>([
  [
    'parseImageName',
    parseImageName,
    ['a', 'api', 'api-2', 'a1-b2-c3', 'x'.repeat(32)],
    ['', 'Api', '1api', '-api', 'api-', 'a--b', 'a_b', 'a/b', 'a b', 'ä', 'api\n', 'x'.repeat(33)],
  ],
  [
    'parseRegion',
    parseRegion,
    ['us-east-1', 'eu-central-1', 'us-gov-west-1', 'ap-southeast-7'],
    ['', 'us-east', 'US-EAST-1', 'us-east-1a', 'us-east-1\n'],
  ],
  [
    'parseAccountId',
    parseAccountId,
    ['123456789012', '000000000000'],
    ['', '12345678901', '1234567890123', '12345678901a'],
  ],
  [
    'parseAmiId',
    parseAmiId,
    ['ami-01234567', 'ami-0123456789abcdef0'],
    [
      '',
      'ami-',
      'ami-0123456',
      'ami-0123456789abcdef',
      'ami-0123456G',
      'AMI-01234567',
      'snap-01234567',
      ' ami-01234567',
      'ami-01234567\n',
    ],
  ],
  [
    'parseVersion',
    parseVersion,
    ['1', '2026.11.20.1', '1.4.2', 'v1_rc-2', 'A', 'x'.repeat(48)],
    ['', '.1', '-1', '_1', '1/2', '1 2', '1+2', 'ü', '1\n', 'x'.repeat(49)],
  ],
  [
    'parseRunId',
    parseRunId,
    ['20261120T131405-3f2a91'],
    ['', '20261120T131405', '20261120T131405-3f2a9', '20261120T131405-3F2A91', '20261120T131405-3f2a91\n'],
  ],
  ['parseFingerprint', parseFingerprint, [sixtyFour], ['', sixtyFour.slice(1), `${sixtyFour}\n`]],
])('%s', (_, parse, good, bad) => {
  test.each(good)('takes %j', (text) => expect(parse(text)).toBe(text));
  test.each(bad)('refuses %j', (text) => expect(parse(text)).toBeUndefined());
});

test('a run says when it began', () => {
  expect(startOf('20261120T131405-3f2a91' as RunId)).toBe('2026-11-20T13:14:05.000Z');
});
