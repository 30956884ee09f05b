import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES, parseImageName, parseProjectName, parseVersion } from '../../src/model/ids.ts';
import { amiName, keyPairName, parseAmiName, securityGroupName } from '../../src/model/names.ts';
import { RUN } from '../helpers/builders.ts';

function minted<T>(shape: RegExp, parse: (text: string) => T | undefined): fc.Arbitrary<T> {
  return fc
    .stringMatching(shape)
    .map(parse)
    .filter((value) => value !== undefined);
}

const project = minted(/^[a-z][a-z0-9-]{0,31}$/, parseProjectName);
const image = minted(/^[a-z][a-z0-9-]{0,31}$/, parseImageName);
// Versions that look like architectures are the nasty ones.
const version = fc.oneof(
  minted(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/, parseVersion),
  minted(/^1(-x86_64|-arm64|-){1,3}$/, parseVersion),
);
const architecture = fc.constantFrom(...ARCHITECTURES);

test('an AMI name says what it was made of', () => {
  fc.assert(
    fc.property(project, image, version, architecture, (project, image, version, architecture) => {
      const name = amiName(project, image, version, architecture);
      expect(parseAmiName(project, name)).toEqual({ image, version, architecture });
      expect(parseAmiName(`${project}x`, name)).toBeUndefined();
    }),
  );
});

test('names keep to what EC2 takes', () => {
  fc.assert(
    fc.property(project, image, version, architecture, (project, image, version, architecture) => {
      expect(amiName(project, image, version, architecture)).toMatch(/^[\w ()[\]./'@-]{3,128}$/);
      expect(keyPairName(project, image, version, architecture)).toMatch(/^[ -~]{1,255}$/);
      expect(securityGroupName(project, image, architecture, RUN)).toMatch(
        /^(?!sg-)[\w ./:()#,@[\]+=&;{}!$*-]{1,255}$/,
      );
    }),
  );
});

describe('names of somebody else', () => {
  test.each([
    'acme/api/1-x86_64/more',
    'acme/api/1',
    'acme/api/1-i386',
    'acme/Api/1-x86_64',
    'acme/api/-x86_64',
    'acme//1-x86_64',
    'other/api/1-x86_64',
    'acme/api/1 2-x86_64',
    'debian-12-amd64-20261101-2000',
    '',
  ])('%j is none of ours', (name) => expect(parseAmiName('acme', name)).toBeUndefined());
});
