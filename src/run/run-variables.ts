import type { Json } from '../model/image.ts';
import { amiName } from '../model/names.ts';
import { runTags, subjectTags } from '../model/tags.ts';
import type { RunVariables } from '../render/packer-template.ts';
import { type BakeContext, type BakeJob, subjectOf } from './bake-job.ts';
import type { BuildPlace } from './elsewhere.ts';
import { recordInput } from './record.ts';

/** What the record of this bake says before the machine adds its part. */
export function recordOf(job: BakeJob, context: BakeContext, startedAt: Date): Json {
  const { step, layers, inputs, version } = job;
  const parent = job.parent === undefined ? null : { image: job.parent, imageId: job.parentAmi };
  return recordInput({
    project: context.config.project,
    image: step.image,
    architecture: step.architecture,
    imageVersion: version,
    fingerprint: step.fingerprint,
    inputs,
    parent,
    sourceAmi: { imageId: job.source.imageId, name: job.source.name },
    layers,
    packages: job.image.packages,
    artifacts: job.image.artifacts,
    epoch: step.epoch,
    commit: context.commit,
    tools: context.tools,
    startedAt: startedAt.toISOString(),
  });
}

/**
 * Files of a bake, in its folder. Packer runs there and is told these names alone: a path has names of users in it, and
 * Packer expands `{{` in some of its fields.
 */
export const BAKE_FILES = { key: 'builder.key', record: 'record.json', manifest: 'manifest.json' } as const;

export interface VariablesRequest {
  /** Where the builder is launched. */
  readonly place: BuildPlace;
  readonly securityGroup: string;
  readonly secretsFile?: string | undefined;
}

/** The variables of one Packer run. */
export function runVariables(
  job: BakeJob,
  context: BakeContext,
  { place, securityGroup, secretsFile }: VariablesRequest,
): RunVariables {
  const { step, version, image } = job;
  const { access, config } = context;
  const subject = subjectOf(job, context);
  const cidrs = access.cidrs.get(step.image) ?? [];
  return {
    ami_name: amiName(config.project, step.image, version, step.architecture),
    source_ami: job.parentAmi,
    root_device: job.source.rootDeviceName,
    instance_type: place.instanceType,
    subnet: place.subnet ?? '',
    image_tags: subjectTags(subject),
    run_tags: runTags(subject, context.run),
    key_pair: job.key.name,
    private_key_file: BAKE_FILES.key,
    security_group: securityGroup,
    ssh_cidrs: cidrs.length === 0 ? ['127.0.0.1/32'] : cidrs,
    endpoint: access.endpoint,
    ssh_port: access.sshPort,
    poll_seconds: access.pollSeconds,
    poll_attempts: Math.ceil(image.build.timeLimits.snapshot / access.pollSeconds),
    record_input: 'record-input.json',
    record_output: BAKE_FILES.record,
    manifest: BAKE_FILES.manifest,
    ...(secretsFile === undefined ? {} : { secrets_file: secretsFile }),
  };
}
