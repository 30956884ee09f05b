import { expect, test } from 'vitest';
import { ciOf } from '../../src/config/normalise-ci.ts';
import type { Image } from '../../src/model/image.ts';
import { planPipeline } from '../../src/plan/pipeline.ts';
import { base, config, service } from '../helpers/builders.ts';

const BOTH = ['x86_64', 'arm64'] as const;
const PLACE = { folder: '', file: 'pipeline.yml', madeBy: 'ci github' };
const plan = (images: readonly Image[], written = {}) => planPipeline(config(images), ciOf(written), PLACE).jobs;
const edges = (jobs: ReturnType<typeof plan>) => jobs.map(({ name, needs }) => `${name} <- ${needs.join(' ')}`.trim());

const GRAPH = [
  service('leaf', 'api', { architectures: ['arm64'] }),
  service('api', 'base', { architectures: BOTH }),
  base('base', { architectures: BOTH }),
];

test('makes a job for each image and architecture, after that of its parent', () => {
  expect(edges(plan(GRAPH))).toEqual([
    'base/arm64 <-',
    'base/x86_64 <-',
    'api/arm64 <- base/arm64',
    'api/x86_64 <- base/x86_64',
    'leaf/arm64 <- api/arm64',
  ]);
});

test('makes one for all architectures of an image where these shall share a version', () => {
  const jobs = plan(GRAPH, { jobs: 'image' });
  expect(edges(jobs)).toEqual(['base/all <-', 'api/all <- base/all', 'leaf/all <- api/all']);
  expect(jobs.map(({ architectures }) => architectures)).toEqual([BOTH, BOTH, ['arm64']]);
});

test('does not depend on the order in which images are written', () => {
  expect(plan(GRAPH.toReversed())).toEqual(plan(GRAPH));
});

test('gives a job more time than the limits of its bake', () => {
  const build = { ...base('base').build, timeLimits: { connect: 90, bake: 3600, snapshot: 1800 } };
  const [slow] = plan([base('base', { build })]);
  expect(slow?.minutes).toBe(92 + 15);
});
