import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ciOf } from '../../src/config/normalise-ci.ts';
import { CI_SYSTEMS, type CiSystem } from '../../src/model/ci.ts';
import { lineage } from '../../src/model/graph.ts';
import type { Image } from '../../src/model/image.ts';
import { planPipeline } from '../../src/plan/pipeline.ts';
import { pipelineText } from '../../src/render/ci.ts';
import { actionlint } from '../helpers/actionlint.ts';
import { base, config, service } from '../helpers/builders.ts';
import { buildspec } from '../helpers/buildspec.ts';
import { needsIn, waves } from '../helpers/pipelines.ts';

const BOTH = ['x86_64', 'arm64'] as const;
const GRAPH = [
  base('base', { architectures: BOTH }),
  base('golden-v2'),
  service('api', 'base', { architectures: BOTH }),
  service('api-v2', 'api'),
  service('worker', 'base'),
];
const ROLE = 'arn:aws:iam::111122223333:role/bake-ci';
const EVERYTHING = {
  role: ROLE,
  schedule: '*/20 1 * * 1-5',
  install: 'npm ci && echo "it\'s: #1"',
  command: 'pnpm exec bake',
  github: { runsOn: ['self-hosted', 'linux'] },
  gitlab: { image: 'node:22', tags: ['aws'], audience: 'https://gitlab.example.com' },
  codebuild: { computeType: 'BUILD_GENERAL1_SMALL', image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0' },
};

const render = (system: CiSystem, images: readonly Image[] = GRAPH, written = {}, folder = '') =>
  pipelineText(
    system,
    planPipeline(config(images), ciOf(written), { folder, file: 'ci/bake.yml', madeBy: `ci ${system}` }),
  );

const VARIANTS: readonly (readonly [string, object, string])[] = [
  ['with defaults', {}, ''],
  ['with everything', EVERYTHING, ''],
  ['with a job for each image', { ...EVERYTHING, jobs: 'image' }, ''],
  ['from a folder of the checkout', EVERYTHING, "the team's/images"],
];

describe.each(VARIANTS)('%s', (_, written, folder) => {
  test('is a workflow that actionlint finds nothing wrong with', async () => {
    expect(await actionlint(render('github', GRAPH, written, folder))).toEqual([]);
  });

  test('gives actions what they take', async () => {
    // Newer ones than actionlint knows are not looked at. What we give them they have taken since these.
    const text = render('github', GRAPH, written, folder).replaceAll(/(uses: .+)@v\d+$/gm, '$1@v4');
    expect(text.match(/@v4$/gm)?.length).toBeGreaterThan(GRAPH.length);
    expect(await actionlint(text)).toEqual([]);
  });

  test('is a buildspec', () => {
    expect(buildspec.safeParse(parse(render('codebuild', GRAPH, written, folder))).error).toBeUndefined();
  });
});

test('is checked: actionlint and the schema find what is wrong', async () => {
  const workflow = render('github');
  expect(await actionlint(workflow.replace('- base-x86_64', '- base'))).toEqual([expect.stringContaining('job-needs')]);
  expect(await actionlint(workflow.replace('github.token', 'github.tokn'))).toEqual([
    expect.stringContaining('expression'),
  ]);
  const spec = render('codebuild');
  for (const [right, wrong] of [
    ['- base_x86_64', '- base'],
    ['identifier: base_x86_64', 'identifier: base-x86_64'],
    ['depend-on', 'depends-on'],
    ['JUNITXML', 'JUNIT'],
  ] as const) {
    expect(spec).toContain(right);
    expect(buildspec.safeParse(parse(spec.replace(right, wrong))).success).toBe(false);
  }
});

describe.each(CI_SYSTEMS)('%s', (system) => {
  /** Names of jobs as this system has them, from `api/x86_64`. */
  const named = (name: string) => {
    const plain = name.replace('/', '-');
    return { github: plain, gitlab: name, codebuild: plain.replaceAll('-', '_') }[system];
  };

  test('has the waves of the graph', () => {
    const parents = fc.array(fc.nat(), { minLength: 1, maxLength: 25 });
    const property = fc.property(parents, fc.boolean(), (numbers, perImage) => {
      const images = numbers.map((number, position) => {
        const name = position % 2 === 0 ? `image-${position}` : `image${position}`;
        const parent = number % (position + 1);
        const of = parent % 2 === 0 ? `image-${parent}` : `image${parent}`;
        return parent === position ? base(name, { architectures: BOTH }) : service(name, of, { architectures: BOTH });
      });
      const levels: string[][] = [];
      const byName = new Map(images.map((image) => [image.name, image]));
      for (const { name } of images) {
        const level = lineage(byName, name).length - 1;
        const parts = perImage ? ['all'] : BOTH;
        levels[level] = [...(levels[level] ?? []), ...parts.map((part) => named(`${name}/${part}`))].sort();
      }
      const text = render(system, images, { jobs: perImage ? 'image' : 'architecture' });
      expect(waves(needsIn(system, text))).toEqual(levels);
    });
    fc.assert(property, { numRuns: 30 });
  });

  test('says at its top what made it and how it is made again', () => {
    const [first, second, third] = render(system, GRAPH, { command: 'pnpm exec bake' }).split('\n');
    expect(first).toMatch(new RegExp(`^# .* made by \`bake ci ${system}\``));
    expect(second).toContain(`pnpm exec bake ci ${system} `);
    expect(third).toContain(`pnpm exec bake ci ${system} --check`);
  });

  test('is the same for the same graph', () => {
    expect(render(system, GRAPH.toReversed())).toBe(render(system));
  });
});

test('lets a session of the role last as long as its job', () => {
  const slow = (bake: number) => {
    const build = { ...base('base').build, timeLimits: { connect: 60, bake, snapshot: 60 } };
    const { jobs } = parse(render('github', [base('base', { build })], { role: ROLE }));
    const { steps, 'timeout-minutes': minutes, permissions } = jobs['base-x86_64'];
    const seconds = steps.flatMap((step: { with?: object }) => Object(step.with)['role-duration-seconds'] ?? []);
    return { minutes, seconds, permissions };
  };
  const permissions = { contents: 'read', 'id-token': 'write' };
  expect(slow(7200)).toEqual({ minutes: 137, seconds: [137 * 60], permissions });
  expect(slow(24 * 3600)).toEqual({ minutes: 1457, seconds: [43_200], permissions });
});

test('asks for no more permissions than it needs', () => {
  const { permissions, jobs } = parse(render('github'));
  expect(permissions).toEqual({});
  for (const job of Object.values<{ permissions: object }>(jobs)) expect(job.permissions).toEqual({ contents: 'read' });
});

test('tells GitLab which file it is', () => {
  expect(render('gitlab')).toContain('trigger: { include: ci/bake.yml, strategy: depend }');
});

test('bakes one image in one architecture with each command', () => {
  const { 'api-v2/x86_64': job } = parse(render('gitlab'));
  expect(job.script).toEqual([
    'npx bake service api-v2 --arch x86_64 --frozen --report bake-reports/api-v2-x86_64.json --junit bake-reports/api-v2-x86_64.xml',
  ]);
});
