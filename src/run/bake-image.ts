import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarise } from '../model/errors.ts';
import type { Outcome } from '../model/events.ts';
import type { AmiId } from '../model/ids.ts';
import { amiName, securityGroupName } from '../model/names.ts';
import { runTags } from '../model/tags.ts';
import { provisionSteps } from '../render/provisioning.ts';
import { copyArtifacts, removeArtifacts } from './artifacts.ts';
import { type BakeContext, type BakeEffects, type BakeJob, subjectOf } from './bake-job.ts';
import { cleanUp, keepForInspection } from './clean-up.ts';
import type { LogFile, PackerOutcome } from './effects.ts';
import { bakeTimedOut, packerFailure } from './failure.ts';
import { publish } from './publish.ts';
import { writeRenderedFolder } from './rendered-folder.ts';
import { BAKE_FILES, recordOf, runVariables } from './run-variables.ts';
import { StageTracker } from './stages.ts';

interface BakePlace {
  readonly dir: string;
  readonly log: LogFile;
  readonly tracker: StageTracker;
  /** Once it is there. */
  securityGroup?: string;
}

/** Bakes one image, from its reservation to the tag that publishes it. Whatever happens, nothing temporary is left. */
export async function bakeImage(job: BakeJob, context: BakeContext, effects: BakeEffects): Promise<Outcome> {
  const { step } = job;
  const dir = join(context.runDir, `${step.image}-${step.architecture}`);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const log = effects.openLog(join(dir, 'packer.log'));
  const tracker = new StageTracker(step.id, provisionSteps(job.layers), effects.clock, effects.emit);
  const place: BakePlace = { dir, log, tracker };
  const outcome = await attempt(job, context, effects, place);

  const kept =
    context.keepOnError && outcome.status === 'failed'
      ? await keepForInspection(outcome, job, context, effects, dir)
      : undefined;
  await removeArtifacts(dir, job.image);
  const end = kept ?? (await cleanUp(outcome, job, context, effects, place));
  tracker.finish();
  await log.close();
  return end;
}

async function attempt(job: BakeJob, context: BakeContext, effects: BakeEffects, place: BakePlace): Promise<Outcome> {
  try {
    const imageId = await build(job, context, effects, place);
    return { status: 'done', imageId, version: job.version };
  } catch (error) {
    place.tracker.fail();
    if (effects.signal.aborted) return { status: 'cancelled', because: summarise(effects.signal.reason).message };
    return { status: 'failed', error: summarise(error) };
  }
}

async function build(job: BakeJob, context: BakeContext, effects: BakeEffects, place: BakePlace): Promise<AmiId> {
  const { step, image, key } = job;
  const { dir, log, tracker } = place;
  const { lost } = context.access;
  await writeFile(join(dir, BAKE_FILES.key), key.privateKey, { mode: 0o600 });
  const record = recordOf(job, context, effects.clock.now());
  const rendered = { ...context, ...job, architecture: step.architecture, provisioned: context.access.machines };
  await writeRenderedFolder(dir, rendered, record);
  if (rendered.provisioned) await copyArtifacts(dir, image, effects.artifacts);

  tracker.start({ name: 'launch' });
  const securityGroup = await createSecurityGroup(job, context, effects);
  place.securityGroup = securityGroup;
  const limit = AbortSignal.timeout(image.build.timeLimits.bake * 1000);
  const outcome = await effects.packer.build({
    dir,
    variables: { ...runVariables(job, context, securityGroup) },
    env: await context.access.env(),
    manifest: join(dir, BAKE_FILES.manifest),
    keepOnError: context.keepOnError,
    signal: AbortSignal.any([effects.signal, limit, ...(lost === undefined ? [] : [lost])]),
    onMessage: (message) => {
      log.line(message.text);
      tracker.message(message);
    },
  });
  effects.signal.throwIfAborted();
  lost?.throwIfAborted();
  const imageId = imageOf(outcome, job, place);

  tracker.start({ name: 'tags' });
  await publish(imageId, job, context, effects, { recordFile: join(dir, BAKE_FILES.record), record });
  return imageId;
}

function createSecurityGroup(job: BakeJob, context: BakeContext, effects: BakeEffects): Promise<string> {
  const { step, image, version } = job;
  const { config, access, run } = context;
  return effects.builders.createSecurityGroup({
    name: securityGroupName(config.project, step.image, step.architecture, run),
    description: `bake: builder of ${amiName(config.project, step.image, version, step.architecture)}`,
    vpc: image.build.network.vpc,
    subnet: image.build.network.subnet,
    port: access.sshPort,
    cidrs: access.cidrs.get(step.image) ?? [],
    tags: runTags(subjectOf(job, context), run),
  });
}

function imageOf(outcome: PackerOutcome, { step, image }: BakeJob, { tracker, log }: BakePlace): AmiId {
  switch (outcome.status) {
    case 'done':
      return outcome.imageId;
    case 'cancelled':
      throw bakeTimedOut(step.id, image.build.timeLimits.bake, log.path);
    case 'failed':
      throw packerFailure(step.id, outcome, tracker.failure(), log.path, image.artifacts);
  }
}
