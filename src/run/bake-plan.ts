import { BakeError, summarise } from '../model/errors.ts';
import type { BakeEvent, Outcome } from '../model/events.ts';
import { lineage } from '../model/graph.ts';
import type { AmiId, ImageName, NodeId, Version } from '../model/ids.ts';
import { nodeId } from '../model/ids.ts';
import type { Image } from '../model/image.ts';
import type { KnownImage, ResolvedSourceAmi } from '../model/known-image.ts';
import type { BakeStep, PlanStep, PlanWarning } from '../model/plan.ts';
import type { Reservation } from '../model/reservation.ts';
import { type OnFailure, roomOf } from '../plan/limits.ts';
import type { PlannedBakes } from '../plan/plan-bake.ts';
import { bakeImage } from './bake-image.ts';
import type { BakeContext, BakeEffects, BakeJob } from './bake-job.ts';
import { type Joined, Joins } from './join/joins.ts';
import { type Claim, Reservations } from './join/reservations.ts';
import { type Amounts, type Cancelling, type Slot, schedule, type Task } from './schedule.ts';

export interface RunOptions {
  /** For the images asked for; parents that are baked on the way get their own. */
  readonly version?: { readonly value: Version; readonly images: readonly ImageName[] } | undefined;
  /** Of what `roomOf` says that a builder takes. */
  readonly limits: Amounts;
  readonly onFailure: OnFailure;
}

/** What was seen and planned before the run. */
export interface PlannedRun {
  readonly planned: PlannedBakes;
  /** Every AMI of the project. */
  readonly images: readonly KnownImage[];
  /** Source AMIs by base image and architecture. */
  readonly sourceAmis: ReadonlyMap<NodeId, ResolvedSourceAmi>;
  /** The same plan when these bakes have come to nothing. */
  planWithout(notMade: ReadonlySet<NodeId>): PlannedBakes;
}

/** Executes a plan: every step once, parents first; what becomes of the others when one fails is for `onFailure` to say. */
export async function runBakePlan(
  planned: PlannedRun,
  context: BakeContext,
  effects: BakeEffects,
  options: RunOptions,
): Promise<ReadonlyMap<NodeId, Outcome>> {
  const run = new PlanRun(planned, context, effects, options);
  const { onFailure, limits } = options;
  try {
    const outcomes = await schedule(run.tasks(), {
      limits,
      succeeded: (outcome) => outcome.status === 'done' || outcome.status === 'reused',
      cancelled: (id, because) => run.cancel(id, because),
      stop: onFailure === 'stop',
      ...(onFailure === 'keep-going' ? { goesWithout: (...names) => run.goesWithout(...names) } : {}),
    });
    if (!effects.signal.aborted) for (const warning of cancelledWarnings(outcomes)) effects.emit(warning);
    return outcomes;
  } finally {
    await run.close();
  }
}

class PlanRun {
  private readonly outcomes = new Map<NodeId, Outcome>();
  private readonly reservations: Reservations;
  private readonly joins: Joins;
  /** What the AMIs that may be parents come from. */
  private readonly sources: Map<AmiId, Partial<BakeJob['source']>>;
  private readonly notMade = new Set<NodeId>();
  private readonly before: PlannedRun;
  private planned: PlannedBakes;
  private steps: ReadonlyMap<NodeId, PlanStep>;
  private readonly context: BakeContext;
  private readonly effects: BakeEffects;
  private readonly options: RunOptions;

  constructor(before: PlannedRun, context: BakeContext, effects: BakeEffects, options: RunOptions) {
    this.before = before;
    this.planned = before.planned;
    this.steps = stepsOf(before.planned);
    this.context = context;
    this.effects = effects;
    this.options = options;
    const { version } = options;
    this.reservations = new Reservations(context, effects, {
      images: before.images,
      bakesOf: (image) => this.bakesOf(image),
      versionFor: (image) => (version?.images.includes(image) ? version.value : undefined),
    });
    this.joins = new Joins(context, effects, this.reservations.look);
    this.sources = new Map(before.images.map((known) => [known.imageId, sourceOf(known)]));
  }

  tasks(): readonly Task<NodeId, Outcome>[] {
    return [...this.steps.values()].map((step) => ({
      key: step.id,
      // What is reused is there already, whatever becomes of its parent.
      dependsOn:
        step.action === 'bake' && step.parent.kind === 'this-run' ? [nodeId(step.parent.image, step.architecture)] : [],
      takes: step.action === 'bake' ? roomOf(this.image(step.image), step.architecture) : {},
      run: (slot) => this.step(step.id, slot),
    }));
  }

  cancel(id: NodeId, { culprit, why }: Cancelling<NodeId>): Outcome {
    const because = why === 'stopped' ? `nothing is started since ${culprit} was not baked` : this.lackOf(id, culprit);
    return this.finish(id, { status: 'cancelled', because, culprit }, 0);
  }

  private lackOf(id: NodeId, culprit: NodeId): string {
    const parent = this.steps.get(id)?.parent;
    const none =
      this.options.onFailure === 'keep-going' && parent?.kind === 'this-run' && !this.effects.signal.aborted
        ? `, and ${parent.image} has no good version to stand on`
        : '';
    return `${culprit} was not baked${none}`;
  }

  /** Plans again for what waits for a bake that came to nothing; false where there is nothing to stand on. */
  goesWithout(id: NodeId, lacking: NodeId, culprit: NodeId): boolean {
    if (this.effects.signal.aborted) return false;
    this.planAgainWithout(lacking);
    const step = this.steps.get(id);
    if (step?.parent.kind !== 'existing') return false;
    const { image, version, imageId } = step.parent;
    const verb = step.action === 'bake' ? 'is baked' : 'stays';
    const message = `it ${verb} on ${image} ${version} (${imageId}), since ${culprit} was not baked`;
    const hint = `Mend ${culprit}, then run the same command again.`;
    this.effects.emit({ type: 'warning', id, warning: { code: 'parent-not-made', message, hint } });
    return true;
  }

  /** Once for all that stand on it. */
  private planAgainWithout(lacking: NodeId): void {
    if (this.notMade.has(lacking)) return;
    this.notMade.add(lacking);
    this.planned = this.before.planWithout(this.notMade);
    this.steps = stepsOf(this.planned);
  }

  async step(id: NodeId, slot: Slot): Promise<Outcome> {
    const step = this.steps.get(id);
    if (step === undefined)
      return this.finish(id, { status: 'cancelled', because: 'nothing stands on it any more' }, 0);
    if (step.action === 'reuse') {
      return this.finish(step.id, { status: 'reused', imageId: step.imageId, version: step.version }, 0);
    }
    const { clock, emit, signal } = this.effects;
    const started = clock.now().getTime();
    emit({ type: 'bake-started', id: step.id, reason: step.reason });
    let outcome: Outcome;
    try {
      signal.throwIfAborted();
      outcome = await this.bake(step, slot);
    } catch (error) {
      outcome = signal.aborted
        ? { status: 'cancelled', because: summarise(signal.reason).message }
        : { status: 'failed', error: summarise(error) };
    }
    return this.finish(step.id, outcome, (clock.now().getTime() - started) / 1000);
  }

  finish(id: NodeId, outcome: Outcome, seconds: number): Outcome {
    this.outcomes.set(id, outcome);
    this.reservations.settle(id);
    this.effects.emit({ type: 'bake-finished', id, outcome, seconds });
    return outcome;
  }

  close(): Promise<void> {
    return this.reservations.close();
  }

  private async bake(step: BakeStep, slot: Slot): Promise<Outcome> {
    const { signal } = this.effects;
    for (const passed = new Set<string>(); ; ) {
      signal.throwIfAborted();
      const claim = await this.claim(step, passed);
      if (claim.is === 'made') return this.reuse(claim.image);
      if (claim.is === 'reserved') {
        const job = this.job(step, claim);
        const outcome = await bakeImage(job, this.context, this.effects);
        this.reservations.baked(step.id);
        if (outcome.status === 'done') this.sources.set(outcome.imageId, job.source);
        return outcome;
      }
      const image = await this.join(step, claim.by, passed, slot);
      if (image !== undefined) return this.reuse(image);
    }
  }

  private async claim(step: BakeStep, passed: ReadonlySet<string>): Promise<Claim> {
    const { emit, clock } = this.effects;
    const started = clock.now().getTime();
    emit({ type: 'stage-started', id: step.id, stage: { name: 'reserve' } });
    const claim = await this.reservations.claim(step, passed);
    if (claim.is === 'reserved') emit({ type: 'version-reserved', id: step.id, version: claim.version });
    const seconds = (clock.now().getTime() - started) / 1000;
    emit({ type: 'stage-finished', id: step.id, stage: { name: 'reserve' }, seconds });
    return claim;
  }

  /** Waits for another run that bakes the same; undefined: it is ours to bake. Meanwhile something else may be baked here. */
  private async join(
    step: BakeStep,
    by: Reservation,
    passed: Set<string>,
    slot: Slot,
  ): Promise<KnownImage | undefined> {
    const { emit } = this.effects;
    const { bake, connect, snapshot } = this.image(step.image).build.timeLimits;
    emit({ type: 'bake-joined', id: step.id, run: by.run, version: by.version, ...hostOf(by) });
    slot.release();
    const joined = await this.joins.wait(step, by, connect + bake + snapshot);
    if (joined.is === 'made') return joined.image;
    if (joined.is === 'late') passed.add(by.id);
    emit({ type: 'warning', id: step.id, warning: notMade(by, joined) });
    await slot.acquire();
    return undefined;
  }

  /** What another run has made since this one was planned. */
  private reuse(made: KnownImage): Outcome {
    this.sources.set(made.imageId, sourceOf(made));
    return { status: 'reused', imageId: made.imageId, version: made.version };
  }

  private bakesOf(image: ImageName): readonly BakeStep[] {
    return this.planned.plan.steps.filter((step) => step.action === 'bake').filter((step) => step.image === image);
  }

  private job(step: BakeStep, { version, key }: Extract<Claim, { is: 'reserved' }>): BakeJob {
    const { config } = this.context;
    const image = this.image(step.image);
    const parent = this.parentOf(step);
    return {
      step,
      image,
      layers: image.layers.flatMap((name) => config.layers.get(name) ?? []),
      inputs: this.planned.inputs.get(step.id) ?? {},
      ...parent,
      source: this.sourceOf(step),
      version,
      key,
    };
  }

  private parentOf({ parent, architecture }: BakeStep): Pick<BakeJob, 'parentAmi' | 'parent'> {
    switch (parent.kind) {
      case 'source':
        return { parentAmi: parent.imageId };
      case 'existing':
        return { parentAmi: parent.imageId, parent: `${parent.image}/${parent.version}` };
      case 'this-run': {
        const outcome = this.outcomes.get(nodeId(parent.image, architecture));
        if (outcome?.status !== 'done' && outcome?.status !== 'reused') throw parentGone(parent.image);
        return { parentAmi: outcome.imageId, parent: `${parent.image}/${outcome.version}` };
      }
    }
  }

  /**
   * The source AMI at the root of what is really built upon: an existing parent may come from an older one than the
   * lock file names now. Volumes keep their root device's name down the whole lineage.
   */
  private sourceOf(step: BakeStep): BakeJob['source'] {
    const root = lineage(this.context.config.images, step.image)[0];
    const pinned = root && this.before.sourceAmis.get(nodeId(root.name, step.architecture));
    if (pinned === undefined) throw new Error(`source AMI of ${step.id} was not resolved`);
    const { imageId, name, rootDeviceName } = pinned;
    return { imageId, name, rootDeviceName, ...this.sources.get(this.parentOf(step).parentAmi) };
  }

  private image(name: ImageName): Image {
    const image = this.context.config.images.get(name);
    if (image === undefined) throw new Error(`image ${name} is not in the configuration`);
    return image;
  }
}

const stepsOf = ({ plan }: PlannedBakes): ReadonlyMap<NodeId, PlanStep> =>
  new Map(plan.steps.map((step) => [step.id, step]));

/** How to go on, once for each bake that others wait for: there may be hundreds of them. */
function cancelledWarnings(outcomes: ReadonlyMap<NodeId, Outcome>): readonly BakeEvent[] {
  const lost = new Map<NodeId, number>();
  for (const outcome of outcomes.values()) {
    if (outcome.status !== 'cancelled' || outcome.culprit === undefined) continue;
    lost.set(outcome.culprit, (lost.get(outcome.culprit) ?? 0) + 1);
  }
  const hint = 'Mend what failed there, then run the same command again: what is done is not baked twice.';
  return [...lost].map(([id, count]) => {
    const message = `${count === 1 ? 'one image was' : `${count} images were`} not baked for want of it`;
    return { type: 'warning', id, warning: { code: 'others-not-baked', message, hint } };
  });
}

const hostOf = ({ owner }: Reservation) => (owner === undefined ? {} : { host: owner.host, user: owner.user });

function notMade({ run, version, image }: Reservation, { is }: Joined): PlanWarning {
  const what = `run ${run}, which was to bake ${image} ${version}`;
  return is === 'late'
    ? { code: 'join-late', message: `${what}, is still at it after the time limits of ${image}; it is baked here too` }
    : { code: 'join-left', message: `${what}, has ended without it; it is baked here` };
}

function sourceOf({ sourceAmi, sourceName, rootDeviceName }: KnownImage): Partial<BakeJob['source']> {
  return {
    ...(sourceAmi === undefined ? {} : { imageId: sourceAmi }),
    ...(sourceName === undefined ? {} : { name: sourceName }),
    ...(rootDeviceName === undefined ? {} : { rootDeviceName }),
  };
}

function parentGone(image: ImageName): BakeError {
  return new BakeError({
    code: 'parent-missing',
    message: `${image} was to be the parent, and this run has not made it`,
    hint: 'This is a bug in bake. Run the same command again, and report it with the log.',
    blame: 'bug',
  });
}
