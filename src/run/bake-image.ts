import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarise } from '../model/errors.ts';
import type { Outcome } from '../model/events.ts';
import type { Json } from '../model/image.ts';
import { amiName, securityGroupName } from '../model/names.ts';
import { runTags } from '../model/tags.ts';
import { isOutside, provisionSteps } from '../render/provisioning.ts';
import { copyArtifacts, removeArtifacts } from './artifacts.ts';
import { type BakeContext, type BakeEffects, type BakeJob, subjectOf } from './bake-job.ts';
import { cleanUp, keepForInspection } from './clean-up.ts';
import type { LogFile, PackerOutcome } from './effects.ts';
import {
  type BuildPlace,
  isOfEc2,
  MOST_ATTEMPTS,
  nextPlace,
  pauseBefore,
  placesOf,
  type Trouble,
  troubleOf,
  troubleOfEnd,
} from './elsewhere.ts';
import { bakeTimedOut, packerFailure } from './failure.ts';
import { publish } from './publish.ts';
import { writeRenderedFolder } from './rendered-folder.ts';
import { BAKE_FILES, recordOf, runVariables } from './run-variables.ts';
import { openSecretFile, type SecretFile } from './secret-file.ts';
import { StageTracker } from './stages.ts';

interface BakePlace {
  readonly dir: string;
  readonly log: LogFile;
  readonly tracker: StageTracker;
  readonly at: BuildPlace;
  /** Once it is there. */
  securityGroup?: string;
}

/** Bakes one image, from its reservation to the tag that publishes it. Whatever happens, nothing temporary is left. */
export async function bakeImage(job: BakeJob, context: BakeContext, effects: BakeEffects): Promise<Outcome> {
  const { step } = job;
  const dir = join(context.runDir, `${step.image}-${step.architecture}`);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const log = effects.openLog(join(dir, 'packer.log'));
  const steps = provisionSteps(job.layers);
  const places = placesOf(job.image, step.architecture);
  const [first] = places;
  if (first === undefined) throw new Error(`${step.id} has no instance type`);
  let at: BuildPlace = first;
  for (let number = 1; ; number++) {
    const tracker = new StageTracker(step.id, steps, effects.clock, effects.emit);
    const place: BakePlace = { dir, log, tracker, at };
    const { outcome, trouble } = await attempt(job, context, effects, place);
    const next: BuildPlace | undefined = trouble && number < MOST_ATTEMPTS ? nextPlace(places, at, trouble) : undefined;
    if (trouble === undefined || next === undefined) {
      // What an earlier attempt could not remove is looked for at the end again.
      const end = await settle(outcome, job, context, effects, number === 1 ? place : { dir, tracker });
      await log.close();
      return end;
    }
    await cleanUp(outcome, job, context, effects, { dir, tracker, keepReservation: true });
    tracker.finish();
    effects.emit({ type: 'bake-retried', id: step.id, attempt: number + 1, because: trouble.code, ...next });
    await pause(
      pauseBefore(number + 1, places.indexOf(next) <= places.indexOf(at), context.access.pollSeconds),
      effects,
    );
    at = next;
  }
}

async function settle(
  outcome: Outcome,
  job: BakeJob,
  context: BakeContext,
  effects: BakeEffects,
  place: Pick<BakePlace, 'dir' | 'tracker' | 'securityGroup'>,
): Promise<Outcome> {
  const kept =
    context.keepOnError && outcome.status === 'failed'
      ? await keepForInspection(outcome, job, context, effects, place.dir)
      : undefined;
  const end = kept ?? (await cleanUp(outcome, job, context, effects, place));
  await removeArtifacts(place.dir, job.image);
  place.tracker.finish();
  return end;
}

/** Interrupted, the next attempt sees it and cleans up as any other one. */
const pause = (seconds: number, { clock, signal }: BakeEffects): Promise<void> =>
  seconds === 0 ? Promise.resolve() : clock.sleep(seconds * 1000, signal).catch(() => {});

interface Attempted {
  readonly outcome: Outcome;
  /** What EC2 had against it, where it may be better elsewhere or later. */
  readonly trouble?: Trouble | undefined;
}

async function attempt(job: BakeJob, context: BakeContext, effects: BakeEffects, place: BakePlace): Promise<Attempted> {
  const { dir, log, tracker } = place;
  const { step, image, version } = job;
  try {
    const record = recordOf(job, context, effects.clock.now());
    const built = await build(job, record, context, effects, place);
    if (built.status === 'failed') return await failed(built, job, context, effects, place);
    if (built.status === 'cancelled') throw bakeTimedOut(step.id, image.build.timeLimits.bake, log.path);
    tracker.start({ name: 'tags' });
    await publish(built.imageId, job, context, effects, { recordFile: join(dir, BAKE_FILES.record), record });
    return { outcome: { status: 'done', imageId: built.imageId, version } };
  } catch (error) {
    tracker.fail();
    const { aborted, reason } = effects.signal;
    if (aborted) return { outcome: { status: 'cancelled', because: summarise(reason).message } };
    return { outcome: { status: 'failed', error: summarise(error) } };
  }
}

async function failed(
  built: Extract<PackerOutcome, { status: 'failed' }>,
  { step, image }: BakeJob,
  { run }: BakeContext,
  { builders }: BakeEffects,
  { tracker, log }: BakePlace,
): Promise<Attempted> {
  const failure = tracker.failure();
  const owner = { run, image: step.image, architecture: step.architecture };
  // Of what Packer runs by itself only the failure is known, which may be that the builder was taken away.
  const mayBeEnded = isOfEc2(failure) || (failure.step !== undefined && isOutside(failure.step));
  const reason = () => (mayBeEnded ? builders.endOf(owner).catch(() => undefined) : undefined);
  const trouble = troubleOf(built, failure) ?? troubleOfEnd(await reason());
  tracker.fail();
  return {
    outcome: {
      status: 'failed',
      error: summarise(packerFailure(step.id, built, failure, log.path, { trouble, artifacts: image.artifacts })),
    },
    trouble,
  };
}

async function build(
  job: BakeJob,
  record: Json,
  context: BakeContext,
  effects: BakeEffects,
  place: BakePlace,
): Promise<PackerOutcome> {
  const { step, image, key } = job;
  const { dir, log, tracker } = place;
  const { lost, machines, spot } = context.access;
  effects.signal.throwIfAborted();
  await writeFile(join(dir, BAKE_FILES.key), key.privateKey, { mode: 0o600 });
  const rendered = { ...context, ...job, architecture: step.architecture, provisioned: machines, spot };
  await writeRenderedFolder(dir, rendered, record);
  if (rendered.provisioned) await copyArtifacts(dir, image, effects.artifacts);

  tracker.start({ name: 'launch' });
  const securityGroup = await createSecurityGroup(job, context, effects, place.at);
  place.securityGroup = securityGroup;
  await using secrets = await secretsFor(job, context);
  const limit = AbortSignal.timeout(image.build.timeLimits.bake * 1000);
  const outcome = await effects.packer.build({
    dir,
    variables: { ...runVariables(job, context, { place: place.at, securityGroup, secretsFile: secrets?.path }) },
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
  return outcome;
}

/** Undefined where there are none, or no machine to give them to. */
async function secretsFor({ image }: BakeJob, { secrets, access }: BakeContext): Promise<SecretFile | undefined> {
  const values = secrets.get(image.name);
  return image.secrets === undefined || values === undefined || !access.machines ? undefined : openSecretFile(values);
}

function createSecurityGroup(
  job: BakeJob,
  context: BakeContext,
  effects: BakeEffects,
  at: BuildPlace,
): Promise<string> {
  const { step, image, version } = job;
  const { config, access, run } = context;
  return effects.builders.createSecurityGroup({
    name: securityGroupName(config.project, step.image, step.architecture, run),
    description: `bake: builder of ${amiName(config.project, step.image, version, step.architecture)}`,
    vpc: image.build.network.vpc,
    subnet: at.subnet,
    port: access.sshPort,
    cidrs: access.cidrs.get(step.image) ?? [],
    tags: runTags(subjectOf(job, context), run),
  });
}
