import type { CiSettings, Pipeline, PipelineJob } from '../../model/ci.ts';
import { commonArguments, plainName, reportsFolder, toFolder } from './commands.ts';
import type { CiFile } from './yaml.ts';

export function codebuildDocument(pipeline: Pipeline): CiFile {
  const { settings, jobs } = pipeline;
  const reports = reportsFolder(pipeline);
  const longest = Math.max(0, ...jobs.map(({ minutes }) => minutes));
  return {
    comment: [
      `For batch builds of a CodeBuild project that allows ${jobs.length} builds in a batch and ${longest} minutes for each.`,
      `Its service role bakes; a schedule of EventBridge Scheduler starts it (StartBuildBatch: ${settings.schedule}).`,
    ],
    document: {
      version: 0.2,
      batch: { 'fast-fail': false, 'build-graph': jobs.map((job) => taskOf(job, settings)) },
      phases: {
        install: {
          'runtime-versions': { nodejs: settings.node },
          commands: [...toFolder(pipeline), settings.install],
        },
        build: { commands: [commandOf(settings)] },
      },
      reports: { bake: { 'base-directory': reports, files: ['*.xml'], 'file-format': 'JUNITXML' } },
      artifacts: { 'base-directory': reports, files: ['**/*'] },
    },
  };
}

/** One for all builds: their variables say which image. Version 0.2 runs all commands in one shell, so `cd` lasts. */
function commandOf({ command, jobs }: CiSettings): string {
  const arch = jobs === 'image' ? '' : ' --arch "$BAKE_ARCH"';
  return `${command} "$BAKE_KIND" "$BAKE_IMAGE"${arch} ${commonArguments('"$BAKE_JOB"')}`;
}

function taskOf(job: PipelineJob, { jobs, codebuild: { computeType, image } }: CiSettings): object {
  return {
    identifier: identifierOf(job.name),
    ...(job.needs.length === 0 ? {} : { 'depend-on': job.needs.map(identifierOf) }),
    env: {
      ...(computeType === undefined ? {} : { 'compute-type': computeType }),
      ...(image === undefined ? {} : { image }),
      variables: {
        BAKE_KIND: job.kind,
        BAKE_IMAGE: job.image,
        ...(jobs === 'image' ? {} : { BAKE_ARCH: job.architectures.join(',') }),
        BAKE_JOB: plainName(job.name),
      },
    },
  };
}

/** CodeBuild takes letters, digits and underscores alone. Names of images have no underscores, so no two meet. */
const identifierOf = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '_');
