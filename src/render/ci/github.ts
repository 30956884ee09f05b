import type { Pipeline, PipelineJob } from '../../model/ci.ts';
import { bakeCommand, plainName, reportsFolder } from './commands.ts';
import type { CiFile } from './yaml.ts';

/** By major version, which their authors move to each fix. All of them run on Node 24. */
const ACTIONS = {
  checkout: 'actions/checkout@v7',
  node: 'actions/setup-node@v7',
  credentials: 'aws-actions/configure-aws-credentials@v6',
  upload: 'actions/upload-artifact@v7',
} as const;

/** An expression of GitHub's. */
const TOKEN = `\${{ github.token }}`;

/** Seconds that STS lets a session of a role last, where the role's own maximum allows it. */
const SESSION = { shortest: 900, longest: 43_200 } as const;

export function githubDocument(pipeline: Pipeline): CiFile {
  const { project, folder, settings, jobs } = pipeline;
  return {
    comment: [
      'Actions are pinned by major version.',
      ...(settings.role === undefined
        ? []
        : ['Sessions last as long as their job may: the role needs a maximum session duration that allows it.']),
    ],
    document: {
      name: `bake ${project}`,
      on: { schedule: [{ cron: settings.schedule }], workflow_dispatch: {} },
      // Each job asks for what it needs.
      permissions: {},
      // A run that is stopped half-way has nothing to show for it; the next one waits and finds what is baked already.
      concurrency: { group: `bake-${project}`, 'cancel-in-progress': false },
      ...(folder === '' ? {} : { defaults: { run: { 'working-directory': folder } } }),
      jobs: Object.fromEntries(jobs.map((job) => [plainName(job.name), jobOf(job, pipeline)])),
    },
  };
}

function jobOf(job: PipelineJob, pipeline: Pipeline): object {
  const { settings, region } = pipeline;
  const { role, node, install, github } = settings;
  return {
    name: job.name,
    ...(job.needs.length === 0 ? {} : { needs: job.needs.map(plainName) }),
    'runs-on': github.runsOn,
    'timeout-minutes': job.minutes,
    permissions: { contents: 'read', ...(role === undefined ? {} : { 'id-token': 'write' }) },
    steps: [
      { uses: ACTIONS.checkout, with: { 'persist-credentials': false } },
      { uses: ACTIONS.node, with: { 'node-version': node } },
      { run: install },
      // After the installation, whose scripts need none.
      ...(role === undefined ? [] : [credentialsStep(role, region, job)]),
      // Packer's plugins come from GitHub, which lets runners that share an address ask for few without a token.
      { run: bakeCommand(job, settings), env: { PACKER_GITHUB_API_TOKEN: TOKEN } },
      {
        if: 'always()',
        uses: ACTIONS.upload,
        with: {
          name: `bake-${plainName(job.name)}`,
          path: `${reportsFolder(pipeline)}/`,
          'if-no-files-found': 'ignore',
        },
      },
    ],
  };
}

function credentialsStep(role: string, region: string, { minutes }: PipelineJob): object {
  const seconds = Math.min(Math.max(minutes * 60, SESSION.shortest), SESSION.longest);
  return {
    uses: ACTIONS.credentials,
    with: { 'role-to-assume': role, 'aws-region': region, 'role-duration-seconds': seconds },
  };
}
