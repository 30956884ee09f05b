import * as z from 'zod';

// What CodeBuild's user guide says of buildspecs ("Build specification reference", "Batch build buildspec reference"),
// strictly: a key that is not there is a mistake. Identifiers as StartBuildBatch refuses them (BATCH_SPEC_VALIDATION_ERROR).

const variables = z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string());
const command = z.string().min(1);
const identifier = z.string().regex(/^\w{1,127}$/, 'is not letters, digits and underscores, fewer than 128');

const phase = z.strictObject({
  'run-as': z.string().optional(),
  'on-failure': z.enum(['ABORT', 'CONTINUE']).optional(),
  'runtime-versions': z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  commands: z.array(command).min(1),
  finally: z.array(command).optional(),
});

const overrides = z.strictObject({
  'compute-type': z.string().optional(),
  fleet: z.string().optional(),
  image: z.string().optional(),
  'privileged-mode': z.boolean().optional(),
  type: z.string().optional(),
  variables: variables.optional(),
});

const task = z.strictObject({
  identifier,
  buildspec: z.string().optional(),
  'debug-session': z.boolean().optional(),
  'depend-on': z.array(identifier).optional(),
  env: overrides.optional(),
  'ignore-failure': z.boolean().optional(),
});

const graph = z
  .array(task)
  .min(1)
  .superRefine((tasks, context) => {
    const known = new Set(tasks.map((one) => one.identifier));
    if (known.size < tasks.length) context.addIssue('two tasks have one identifier');
    const missing = tasks.flatMap((one) => (one['depend-on'] ?? []).filter((needed) => !known.has(needed)));
    if (missing.length > 0) context.addIssue(`nothing is named ${missing.join(', ')}`);
  });

const files = z.array(z.string().min(1)).min(1);

export const buildspec = z.strictObject({
  version: z.literal(0.2),
  'run-as': z.string().optional(),
  env: z
    .strictObject({
      shell: z.enum(['bash', '/bin/sh', 'powershell.exe', 'cmd.exe']).optional(),
      variables: variables.optional(),
      'parameter-store': variables.optional(),
      'secrets-manager': variables.optional(),
      'exported-variables': z.array(z.string()).optional(),
      'git-credential-helper': z.enum(['yes', 'no']).optional(),
    })
    .optional(),
  batch: z.strictObject({ 'fast-fail': z.boolean().optional(), 'build-graph': graph }),
  phases: z.strictObject({
    install: phase.optional(),
    pre_build: phase.omit({ 'runtime-versions': true }).optional(),
    build: phase.omit({ 'runtime-versions': true }),
    post_build: phase.omit({ 'runtime-versions': true }).optional(),
  }),
  reports: z.record(
    z.string().regex(/^[\w-]+$/),
    z.strictObject({
      files,
      'base-directory': z.string().optional(),
      'discard-paths': z.enum(['yes', 'no']).optional(),
      'file-format': z.enum([
        'CUCUMBERJSON',
        'JUNITXML',
        'NUNITXML',
        'NUNIT3XML',
        'TESTNGXML',
        'VISUALSTUDIOTRX',
        'CLOVERXML',
        'COBERTURAXML',
        'JACOCOXML',
        'SIMPLECOV',
      ]),
    }),
  ),
  artifacts: z.strictObject({
    files,
    name: z.string().optional(),
    'discard-paths': z.enum(['yes', 'no']).optional(),
    'base-directory': z.string().optional(),
    'exclude-paths': z.array(z.string()).optional(),
    'enable-symlinks': z.enum(['yes', 'no']).optional(),
    's3-prefix': z.string().optional(),
  }),
});
