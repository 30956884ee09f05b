import type { CiSystem, Pipeline } from '../model/ci.ts';
import { codebuildDocument } from './ci/codebuild.ts';
import { githubDocument } from './ci/github.ts';
import { gitlabDocument } from './ci/gitlab.ts';
import { yamlText } from './ci/yaml.ts';

const DOCUMENTS = { github: githubDocument, gitlab: gitlabDocument, codebuild: codebuildDocument };

/** In each file's first line: what lacks it was written by somebody else. */
export const MADE_BY = (system: CiSystem): string => `made by \`bake ci ${system}\``;

/** The file of a CI system, with what made it on top. The same graph gives the same bytes. */
export function pipelineText(system: CiSystem, pipeline: Pipeline): string {
  const { comment, document } = DOCUMENTS[system](pipeline);
  const again = `${pipeline.settings.command} ${pipeline.madeBy}`;
  const head = [
    `The image graph of ${pipeline.project}, ${MADE_BY(system)}. What is changed here is lost when it is made again:`,
    `  ${again}            after a change to images, or to ci in the configuration`,
    `  ${again} --check    fails where it does not fit them any more`,
    '',
    ...comment,
  ];
  return yamlText(head, document);
}
