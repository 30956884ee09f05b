import { expect, test } from 'vitest';
import { fillPointer, isParameterName, isTemplateName } from '../../src/model/pointer-names.ts';

const PLACE = { project: 'acme', image: 'api', channel: 'prod', arch: 'arm64' } as const;

test('a pattern is filled with what the place says', () => {
  const pattern = '/{project}/{channel}/{image}/{arch}/{region}/{account}/{other}';
  expect(fillPointer(pattern, { ...PLACE, region: 'eu-west-1', account: '111122223333' })).toBe(
    '/acme/prod/api/arm64/eu-west-1/111122223333/{other}',
  );
  expect(fillPointer('{image}-{image}-{region}.tf', PLACE)).toBe('api-api-{region}.tf');
});

test.each([
  ['api', true],
  ['/acme/prod/api', true],
  ['/a'.repeat(15), true],
  ['/a'.repeat(16), false],
  ['acme/api', false],
  ['/acme/', false],
  ['/acme//api', false],
  ['/acme/the api', false],
  ['/aws/api', false],
  ['AWS-api', false],
  ['/ssm-api', false],
  ['/acme/aws', true],
  [`/${'a'.repeat(1010)}`, true],
  [`/${'a'.repeat(1011)}`, false],
  ['', false],
])('%s is the name of a parameter: %s', (name, expected) => expect(isParameterName(name)).toBe(expected));

test.each([
  ['api', true],
  ['acme/(api).1_x-y', true],
  ['ab', false],
  ['the api', false],
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
])('%s is the name of a launch template: %s', (name, expected) => expect(isTemplateName(name)).toBe(expected));
