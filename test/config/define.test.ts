import { expect, test } from 'vitest';
import { defineConfig, type WrittenConfig } from '../../src/index.ts';

const LAYERS = ['base'] as const;

test('defineConfig gives back what it gets, and takes what the schema takes', () => {
  const config: WrittenConfig = {
    project: 'acme',
    region: 'us-east-1',
    templates: undefined,
    build: { timeLimits: { connect: 90, bake: '2h' }, network: { allowedCidrs: ['203.0.113.0/24'] } },
    variables: { limits: { files: 4096, hosts: ['a', null] } },
    images: {
      base: { source: { name: 'golden-*', owner: 'self' }, layers: LAYERS, architectures: ['arm64'] },
      api: { parent: 'base' },
    },
  };
  expect(defineConfig(config)).toBe(config);
});

test('what the schema refuses is an error to the compiler too', () => {
  const required = { project: 'acme', region: 'us-east-1' };
  // @ts-expect-error unknown key
  defineConfig({ ...required, images: { api: { parnt: 'base' } } });
  // @ts-expect-error not an architecture
  defineConfig({ ...required, images: { base: { source: 'al2023', architectures: ['amd64'] } } });
  // @ts-expect-error not JSON
  defineConfig({ ...required, images: {}, variables: { since: new Date() } });
  // @ts-expect-error no project
  defineConfig({ region: 'us-east-1', images: {} });
});
