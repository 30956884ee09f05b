import { BakeError, summarise } from '../model/errors.ts';
import type { Outcome } from '../model/events.ts';
import { lineage } from '../model/graph.ts';
import type { ImageName, NodeId, Version } from '../model/ids.ts';
import { nodeId } from '../model/ids.ts';
import type { Image } from '../model/image.ts';
import type { KnownImage, ResolvedSourceAmi } from '../model/known-image.ts';
import type { BakeStep, PlanStep, PlanWarning } from '../model/plan.ts';
import type { Reservation } from '../model/reservation.ts';
import type { PlannedBakes } from '../plan/plan-bake.ts';
import { bakeImage } from './bake-image.ts';
import type { BakeContext, BakeEffects, BakeJob } from './bake-job.ts';
import { type Joined, Joins } from './join/joins.ts';
import { type Claim, Reservations } from './join/reservations.ts';
import { type Slot, schedule } from './schedule.ts';

export interface RunOptions {
  /** For the images asked for; parents that are baked on the way get their own. */
  readonly version?: { readonly value: Version; readonly images: readonly ImageName[] } | undefined;
  /** Bakes at once. */
  readonly parallel: number;
  /** Source AMIs by base image and architecture. */
  readonly sourceAmis: ReadonlyMap<NodeId, ResolvedSourceAmi>;
}

/** Executes a plan: every step once, parents first; what depends on a failed image is cancelled and says so. */
export async function runBakePlan(
  planned: PlannedBakes,
  context: BakeContext,
  effects: BakeEffects,
  options: RunOptions,
): Promise<ReadonlyMap<NodeId, Outcome>> {
  const run = new PlanRun(planned, context, effects, options);
  const tasks = planned.plan.steps.map((step) => ({
    key: step.id,
    // What is reused is there already, whatever becomes of its parent.
    dependsOn:
      step.action === 'bake' && step.parent.kind === 'this-run' ? [nodeId(step.parent.image, step.architecture)] : [],
    run: (slot: Slot) => run.step(step, slot),
  }));
  try {
    return await schedule(tasks, {
      limit: options.parallel,
      succeeded: (outcome) => outcome.status === 'done' || outcome.status === 'reused',
      cancelled: (id, because) => run.finish(id, { status: 'cancelled', because: `${because} was not baked` }, 0),
    });
  } finally {
    await run.close();
  }
}

class PlanRun {
  private readonly outcomes = new Map<NodeId, Outcome>();
  private readonly reservations: Reservations;
  private readonly joins: Joins;
  private readonly planned: PlannedBakes;
  private readonly context: BakeContext;
  private readonly effects: BakeEffects;
  private readonly options: RunOptions;

  constructor(planned: PlannedBakes, context: BakeContext, effects: BakeEffects, options: RunOptions) {
    this.planned = planned;
    this.context = context;
    this.effects = effects;
    this.options = options;
    const steps = planned.plan.steps.filter((step) => step.action === 'bake');
    const { version } = options;
    const versionFor = (image: ImageName) => (version?.images.includes(image) ? version.value : undefined);
    this.reservations = new Reservations(context, effects, { steps, versionFor });
    this.joins = new Joins(context, effects, this.reservations.look);
  }

  async step(step: PlanStep, slot: Slot): Promise<Outcome> {
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
      if (claim.is === 'made') return reused(claim.image);
      if (claim.is === 'reserved') {
        const outcome = await bakeImage(this.job(step, claim), this.context, this.effects);
        this.reservations.baked(step.id);
        return outcome;
      }
      const image = await this.join(step, claim.by, passed, slot);
      if (image !== undefined) return reused(image);
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

  private job(step: BakeStep, { version, key, images }: Extract<Claim, { is: 'reserved' }>): BakeJob {
    const { config } = this.context;
    const image = this.image(step.image);
    const parent = this.parentOf(step);
    return {
      step,
      image,
      layers: image.layers.flatMap((name) => config.layers.get(name) ?? []),
      inputs: this.planned.inputs.get(step.id) ?? {},
      ...parent,
      source: this.sourceOf(step, images),
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
  private sourceOf(step: BakeStep, images: readonly KnownImage[]): BakeJob['source'] {
    const root = lineage(this.context.config.images, step.image)[0];
    const pinned = root && this.options.sourceAmis.get(nodeId(root.name, step.architecture));
    if (pinned === undefined) throw new Error(`source AMI of ${step.id} was not resolved`);
    const { parentAmi } = this.parentOf(step);
    const parent = images.find((known) => known.imageId === parentAmi);
    return {
      imageId: parent?.sourceAmi ?? pinned.imageId,
      name: parent?.sourceName ?? pinned.name,
      rootDeviceName: parent?.rootDeviceName ?? pinned.rootDeviceName,
    };
  }

  private image(name: ImageName): Image {
    const image = this.context.config.images.get(name);
    if (image === undefined) throw new Error(`image ${name} is not in the configuration`);
    return image;
  }
}

const reused = ({ imageId, version }: KnownImage): Outcome => ({ status: 'reused', imageId, version });

const hostOf = ({ owner }: Reservation) => (owner === undefined ? {} : { host: owner.host, user: owner.user });

function notMade({ run, version, image }: Reservation, { is }: Joined): PlanWarning {
  const what = `run ${run}, which was to bake ${image} ${version}`;
  return is === 'late'
    ? { code: 'join-late', message: `${what}, is still at it after the time limits of ${image}; it is baked here too` }
    : { code: 'join-left', message: `${what}, has ended without it; it is baked here` };
}

function parentGone(image: ImageName): BakeError {
  return new BakeError({
    code: 'parent-missing',
    message: `${image} was to be the parent, and this run has not made it`,
    blame: 'bug',
  });
}
