import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { projectWith } from './project.ts';

test.each([
  ['none', undefined, { parallel: 8 }],
  ['some', { vcpus: 32, base: 2 }, { parallel: 8, vcpus: 32, base: 2 }],
  ['all', { parallel: 12, base: 2, service: 10, vcpus: 64 }, { parallel: 12, base: 2, service: 10, vcpus: 64 }],
])('limits: %s', async (_, written, limits) => {
  const config = { project: 'acme', region: 'us-east-1', limits: written, images: { base: { source: 'debian:12' } } };
  await using project = await projectWith({ 'bake.config.json': JSON.stringify(config), 'layers/.gitkeep': '' });
  expect((await loadConfig({ cwd: project.root })).limits).toEqual(limits);
});
