import type { CiSettings, Pipeline, PipelineJob } from '../../model/ci.ts';

/** Folder beside the configuration where a job leaves its reports. */
const REPORTS = 'bake-reports';

/** The same, from the top of the checkout. */
export const reportsFolder = ({ folder }: Pipeline): string => (folder === '' ? REPORTS : `${folder}/${REPORTS}`);

/** Commands that go from the top of the checkout to the configuration. */
export const toFolder = ({ folder }: Pipeline): readonly string[] =>
  folder === '' ? [] : [`cd '${folder.replaceAll("'", "'\\''")}'`];

/** In letters, digits, `_` and `-` alone: for ids of jobs and names of files. */
export const plainName = (name: string): string => name.replace('/', '-');

export function bakeCommand(job: PipelineJob, { command, jobs }: CiSettings): string {
  const arch = jobs === 'image' ? '' : ` --arch ${job.architectures.join(',')}`;
  return `${command} ${job.kind} ${job.image}${arch} ${commonArguments(plainName(job.name))}`;
}

/** Source AMIs are those of bake.lock.json, so that all jobs of a run start from the same. */
export const commonArguments = (name: string): string =>
  `--frozen --report ${REPORTS}/${name}.json --junit ${REPORTS}/${name}.xml`;
