import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePackageVersions } from '../../src/plan/package-versions.ts';

const sign = (a: string, b: string) => Math.sign(comparePackageVersions(a, b));

describe('of Debian', () => {
  // What dpkg --compare-versions says of many more is in test/emulator/packages.test.ts.
  test.each([
    ['1.0-1', '1.0-2', -1],
    ['1.9', '1.10', -1],
    ['1.0~rc1-1', '1.0-1', -1],
    ['2:1.0', '1:9.0', 1],
    ['0:1.0-1', '1.0-1', 0],
    ['1.0', '1.0-0', 0],
    ['3.0.17-1~deb12u2', '3.0.17-1~deb12u3', -1],
    ['9.2p1-2+deb12u3', '9.2p1-2', 1],
    ['20230311', '20230311+deb12u1', -1],
    [`1.${'9'.repeat(30)}`, `1.1${'0'.repeat(30)}`, -1],
  ])('%s and %s', (a, b, order) => expect([sign(a, b), sign(b, a)]).toEqual([order, -order + 0]));
});

describe('of rpm', () => {
  // As rpm.vercmp of rpm 4.18 has it for the version; the architecture and the epoch are of the record.
  test.each([
    ['1.0', '1.0~rc1', 1],
    ['1.0^git1', '1.0', 1],
    ['1.0^git1', '1.0.1', -1],
    ['1.0a', '1.0.1', -1],
    ['2.0', '10.0', -1],
    ['1.05', '1.5', 0],
    ['1.0.a', '1.0a', 0],
    ['5.5p1', '5.5p10', -1],
    ['xyz10', 'xyz10.1', -1],
    ['1.0^', '1.0^1', -1],
    ['2a', '2.0', -1],
  ])('%s and %s', (a, b, order) => {
    const rpm = (version: string) => `${version}-1.amzn2023.x86_64`;
    expect([sign(rpm(a), rpm(b)), sign(rpm(b), rpm(a))]).toEqual([order, -order + 0]);
  });

  test('the release decides between equal versions, the epoch before all', () => {
    expect(sign('6.1.1-9.amzn2023.x86_64', '6.1.1-10.amzn2023.x86_64')).toBe(-1);
    expect(sign('1:3.0.8-1.amzn2023.x86_64', '3.2.1-1.amzn2023.x86_64')).toBe(1);
  });
});

const versions = fc.stringMatching(/^(?:\d:)?[0-9a-z.+~-]{0,12}$/);

test('is an order, whatever is written', () => {
  fc.assert(
    fc.property(versions, versions, versions, (a, b, c) => {
      expect(sign(a, a)).toBe(0);
      expect(sign(a, b) + sign(b, a)).toBe(0);
      if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});
