import { describe, expect, test } from 'vitest';
import { limitsOf, roomOf, vcpusOf } from '../../src/plan/limits.ts';
import { base, service } from '../helpers/builders.ts';

test.each([
  ['t3.nano', 2],
  ['t4g.small', 2],
  ['m7g.medium', 2],
  ['c7i.large', 2],
  ['m5.xlarge', 4],
  ['m5.4xlarge', 16],
  ['u7i-12tb.224xlarge', 896],
  ['m7i.metal-24xl', 96],
  ['m5.metal', 96],
  ['mac2-m2.metal', 96],
  ['x9.colossal', 96],
])('%s counts as %i vCPUs', (type, vcpus) => {
  expect(vcpusOf(type)).toBe(vcpus);
});

test('a builder takes room of its kind and of its architecture, as the largest that it may be', () => {
  const { build } = base('base');
  const instanceTypes = { x86_64: ['m5.large', 'm5.2xlarge'], arm64: ['m7g.large'] };
  const image = { build: { ...build, instanceTypes } };
  expect(roomOf(base('base', image), 'x86_64')).toEqual({ parallel: 1, base: 1, vcpus: 8 });
  expect(roomOf(service('api', 'base', image), 'arm64')).toEqual({ parallel: 1, service: 1, vcpus: 2 });
});

describe('limits', () => {
  const limits = { parallel: 8, vcpus: 32 };

  test.each([
    ['of the configuration', { sandbox: false }, limits],
    ['less what the command line says', { parallel: 3, sandbox: false }, { parallel: 3, vcpus: 32 }],
    ['one builder in the sandbox, which has no quota', { sandbox: true }, { parallel: 1 }],
    ['or as many as asked for', { parallel: 4, sandbox: true }, { parallel: 4 }],
  ])('%s', (_, request, wanted) => {
    expect(limitsOf({ limits, ...request })).toEqual(wanted);
  });
});
