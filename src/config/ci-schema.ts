import * as z from 'zod';
import { isCron } from './cron.ts';
import { roleArn, text } from './schema-parts.ts';

/** One line of shell. */
const command = text(/^[^\r\n]*\S[^\r\n]*$/, 'a shell command of one line');

const label = text(/^\S(?:[^\r\n]*\S)?$/, 'a label');

/** What `bake ci` makes pipelines with. */
export const ci = z.strictObject({
  /** Assumed by GitHub's and GitLab's jobs; absent: credentials are the runner's own. */
  role: roleArn.optional(),
  /** Five fields, in UTC. */
  schedule: z.string().refine(isCron, "is not a cron schedule of five fields such as '17 3 * * *'").optional(),
  /** Version of Node. */
  node: text(/^\d{2}(?:\.\d{1,3}){0,2}$/, "a version of Node such as '22'").optional(),
  /** Makes bake available in a checkout. */
  install: command.optional(),
  /** How bake is called. */
  command: command.optional(),
  /** What a job bakes: an image in one architecture, or in all. */
  jobs: z.enum(['architecture', 'image']).optional(),
  github: z
    .strictObject({
      runsOn: z
        .union([label, z.array(label).min(1).readonly()], { error: 'is neither a label nor a list of labels' })
        .optional(),
    })
    .optional(),
  gitlab: z
    .strictObject({
      image: label.optional(),
      tags: z.array(label).readonly().optional(),
      audience: text(/^https:\/\/\S+$/, 'an https URL').optional(),
    })
    .optional(),
  codebuild: z
    .strictObject({
      computeType: text(/^[A-Z][A-Z0-9_]+$/, 'a compute type such as BUILD_GENERAL1_SMALL').optional(),
      image: label.optional(),
    })
    .optional(),
});

export type WrittenCi = z.input<typeof ci>;
