import { describe, expect, test } from 'vitest';
import { isCron } from '../../src/config/cron.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ciOf } from '../../src/config/normalise-ci.ts';
import { problemsOf, withSettings } from './problems-of.ts';
import { projectWith } from './project.ts';

const ROLE = 'arn:aws:iam::111122223333:role/bake-ci';

test.each<[string, object, readonly string[]]>([
  ['nothing', {}, []],
  [
    'everything',
    {
      role: ROLE,
      schedule: '*/30 1-5 * * 1,3',
      node: '22.11',
      install: 'pnpm install --frozen-lockfile',
      command: 'pnpm exec bake',
      jobs: 'image',
      github: { runsOn: ['self-hosted', 'linux'] },
      gitlab: { image: 'node:22', tags: ['aws'], audience: 'https://gitlab.example.com' },
      codebuild: { computeType: 'BUILD_GENERAL1_SMALL', image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0' },
    },
    [],
  ],
  ['no role', { role: 'bake-ci' }, ['ci.role: "bake-ci" is not the ARN of a role']],
  [
    'no schedule',
    { schedule: '@daily' },
    [`ci.schedule: "@daily" is not a cron schedule of five fields such as '17 3 * * *'`],
  ],
  ['no version', { node: 'lts/*' }, [`ci.node: "lts/*" is not a version of Node such as '22'`]],
  [
    'several lines',
    { install: 'npm ci\nnpm run build' },
    ['ci.install: "npm ci\\nnpm run build" is not a shell command of one line'],
  ],
  ['no list', { github: { runsOn: 3 } }, ['ci.github.runsOn: 3 is neither a label nor a list of labels']],
  [
    'no compute type',
    { codebuild: { computeType: 'small' } },
    ['ci.codebuild.computeType: "small" is not a compute type such as BUILD_GENERAL1_SMALL'],
  ],
])('takes %s, or says why not', (_, ci, problems) => {
  expect(problemsOf(withSettings({ ci }))).toEqual(problems);
});

test('has defaults, and the container that fits the version of Node', async () => {
  await using project = await projectWith({
    'bake.config.yaml':
      'project: acme\nregion: us-east-1\nimages: { base: { source: debian:12 } }\nci: { node: "24" }\n',
  });
  const { ci } = await loadConfig({ cwd: project.root });
  expect(ci).toEqual({
    schedule: '17 3 * * *',
    node: '24',
    install: 'npm ci',
    command: 'npx bake',
    jobs: 'architecture',
    github: { runsOn: 'ubuntu-latest' },
    gitlab: { image: 'node:24-bookworm', tags: [], audience: 'https://gitlab.com' },
    codebuild: {},
  });
  expect(ciOf({ role: ROLE }).role).toBe(ROLE);
});

describe('a cron schedule', () => {
  test.each([
    ['17 3 * * *', true],
    ['*/15 0-23/2 1,15 1-12 0', true],
    ['17 3 * *', false],
    ['17 3 * * * *', false],
    ['60 3 * * *', false],
    ['17 24 * * *', false],
    ['17 3 0 * *', false],
    ['17 5-3 * * *', false],
    ['*/0 3 * * *', false],
    ['17 3 * * MON', false],
    ['17  3 * * *', false],
  ])('%s: %s', (text, is) => {
    expect(isCron(text)).toBe(is);
  });
});
