import type { CiSettings, Pipeline, PipelineJob } from '../../model/ci.ts';
import { bakeCommand, plainName, reportsFolder, toFolder } from './commands.ts';
import type { CiFile } from './yaml.ts';

export function gitlabDocument(pipeline: Pipeline): CiFile {
  const { file, settings, jobs } = pipeline;
  return {
    comment: [
      'A child pipeline. A job of .gitlab-ci.yml starts it, and a schedule of the project starts that',
      `(Build > Pipeline schedules: ${settings.schedule}):`,
      '  bake:',
      '    rules: [{ if: $CI_PIPELINE_SOURCE == "schedule" }]',
      `    trigger: { include: ${file}, strategy: depend }`,
      '    resource_group: bake',
    ],
    document: {
      stages: ['bake'],
      '.bake': templateOf(pipeline),
      ...Object.fromEntries(jobs.map((job) => [job.name, jobOf(job, settings)])),
    },
  };
}

/** What all jobs have. */
function templateOf(pipeline: Pipeline): object {
  const { install, role, gitlab } = pipeline.settings;
  const reports = reportsFolder(pipeline);
  return {
    stage: 'bake',
    image: gitlab.image,
    ...(gitlab.tags.length === 0 ? {} : { tags: gitlab.tags }),
    // So that including this file by mistake does not bake at each push.
    rules: [{ if: '$CI_PIPELINE_SOURCE == "parent_pipeline"' }],
    // A bake that is stopped half-way has nothing to show for it.
    interruptible: false,
    ...(role === undefined ? {} : tokenOf(role, gitlab.audience)),
    before_script: [
      ...toFolder(pipeline),
      install,
      ...(role === undefined ? [] : [`(umask 077 && printf %s "$BAKE_ID_TOKEN" > "$${TOKEN_FILE}")`]),
    ],
    ...(role === undefined ? {} : { after_script: [`rm -f "$${TOKEN_FILE}"`] }),
    artifacts: { when: 'always', paths: [`${reports}/`], reports: { junit: `${reports}/*.xml` } },
  };
}

/** The SDK reads it, and again when a session ends. */
const TOKEN_FILE = 'AWS_WEB_IDENTITY_TOKEN_FILE';

function tokenOf(role: string, audience: string): object {
  return {
    id_tokens: { BAKE_ID_TOKEN: { aud: audience } },
    variables: {
      AWS_ROLE_ARN: role,
      AWS_ROLE_SESSION_NAME: 'bake-$CI_JOB_ID',
      // Outside of the checkout, so that no artefact has it; of this job, since others may run on the same machine.
      [TOKEN_FILE]: '/tmp/bake-$CI_JOB_ID.token',
    },
  };
}

function jobOf(job: PipelineJob, settings: CiSettings): object {
  return {
    extends: '.bake',
    needs: job.needs,
    // The token is valid for as long.
    timeout: `${job.minutes} minutes`,
    resource_group: `bake-${plainName(job.name)}`,
    script: [bakeCommand(job, settings)],
  };
}
