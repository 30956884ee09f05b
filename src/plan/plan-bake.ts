import { parentOf } from '../model/graph.ts';
import { type Architecture, type Fingerprint, type ImageName, type NodeId, nodeId } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { isUsable, type KnownImage, newestFirst, type ResolvedSourceAmi } from '../model/known-image.ts';
import type { BakePlan, BakeStep, ParentRef, PlanStep, PlanWarning, ReuseStep } from '../model/plan.ts';
import { badAncestors, badText, isSound } from './bad-ancestors.ts';
import { fingerprintOf, type Inputs, inputsOf, type ParentIdentity } from './fingerprint.ts';
import { reasonToBake } from './reason.ts';
import type { Epochs } from './refresh.ts';

export interface PlanRequest {
  readonly config: Config;
  /** Images asked for; their parents are planned as `parents` says. */
  readonly images: readonly ImageName[];
  /** Absent: each image's own. */
  readonly architectures?: readonly Architecture[] | undefined;
  /**
   * `bake`: parents that are out of date are baked first. `use-existing`: the parent with the wanted fingerprint, else
   * the newest one with a warning, else it is baked first.
   */
  readonly parents: 'bake' | 'use-existing';
  /** Bake the images asked for although nothing changed; their parents are not forced. */
  readonly force: boolean;
  /** Unique per run; what `--force` adds to the children's fingerprints. */
  readonly nonce: string;
  /** What day, week and month it is: images that have `refresh` are baked when theirs has changed. */
  readonly epochs: Epochs;
  /** Bakes of this run that came to nothing: what stands on them takes their newest good version where there is one. */
  readonly notMade?: ReadonlySet<NodeId>;
}

/** What was observed before planning. */
export interface World {
  /** Every AMI of the project in the build region. */
  readonly images: readonly KnownImage[];
  readonly sourceAmis: ReadonlyMap<NodeId, ResolvedSourceAmi>;
  /** Template name → sha256 of its source. */
  readonly templates: Inputs;
  /** Inputs of earlier bakes by image id, as far as their records are at hand. */
  readonly inputsOfImage: ReadonlyMap<string, Inputs>;
  /** Versions that records tell of, by fingerprint: to say when an AMI has gone missing. */
  readonly bakedBefore: ReadonlyMap<Fingerprint, { readonly imageId: string; readonly version: string }>;
}

/** A plan, and the inputs of each step's image for its record. */
export interface PlannedBakes {
  readonly plan: BakePlan;
  readonly inputs: ReadonlyMap<NodeId, Inputs>;
}

interface Decided {
  readonly step: PlanStep;
  readonly identity: ParentIdentity;
}

/** Pure: the same request and world give the same plan. Each image and architecture is decided once. */
export function planBake(request: PlanRequest, world: World): PlannedBakes {
  const planner = new BakePlanner(request, world);
  for (const name of request.images) planner.planImage(name);
  return planner.result();
}

class BakePlanner {
  private readonly decided = new Map<NodeId, Decided>();
  private readonly inputs = new Map<NodeId, Inputs>();
  /** What existing parents should have, worked out once for all their children. */
  private readonly wanted = new Map<NodeId, Fingerprint>();
  private readonly warnings: PlanWarning[] = [];
  private readonly asked: ReadonlySet<ImageName>;
  private readonly known: ReadonlyMap<NodeId, readonly KnownImage[]>;
  private readonly request: PlanRequest;
  private readonly world: World;

  constructor(request: PlanRequest, world: World) {
    this.request = request;
    this.world = world;
    this.asked = new Set(request.images);
    this.known = groupByNode(world.images);
  }

  planImage(name: ImageName): void {
    const image = this.image(name);
    const wanted = this.request.architectures ?? image.architectures;
    for (const architecture of image.architectures) {
      if (wanted.includes(architecture)) this.decide(image, architecture);
    }
  }

  result(): PlannedBakes {
    const { project, region } = this.request.config;
    return { plan: { version: 1, project, region, steps: this.steps(), warnings: this.warnings }, inputs: this.inputs };
  }

  /** Less the bakes that nobody asked for and nothing is baked on: a parent may be gone whose children are still good. */
  private steps(): readonly PlanStep[] {
    const needed = new Set<NodeId>();
    const steps = [...this.decided.values()].map((decided) => decided.step).reverse();
    const kept = steps.filter((step) => {
      if (step.action === 'reuse') return true;
      if (!this.asked.has(step.image) && !needed.has(step.id)) return false;
      if (step.parent.kind === 'this-run') needed.add(nodeId(step.parent.image, step.architecture));
      return true;
    });
    return kept.reverse();
  }

  /** Parents first: the recursion puts a parent's step before its child's. */
  private decide(image: Image, architecture: Architecture): Decided {
    const id = nodeId(image.name, architecture);
    const before = this.decided.get(id);
    if (before !== undefined) return before;

    const parent = this.parent(image, architecture);
    const inputs = this.inputsFor(image, architecture, parent.identity);
    const step = this.step(image, architecture, inputs, parent.ref);
    const nonce = step.action === 'bake' ? step.nonce : this.nonceOf(step);
    const decided: Decided = { step, identity: { kind: 'image', fingerprint: step.fingerprint, nonce } };
    this.inputs.set(id, inputs);
    this.decided.set(id, decided);
    return decided;
  }

  private step(image: Image, architecture: Architecture, inputs: Inputs, parent: ParentRef): PlanStep {
    const id = nodeId(image.name, architecture);
    const fingerprint = fingerprintOf(inputs);
    const base = { id, image: image.name, architecture, fingerprint, parent };
    const known = this.known.get(id) ?? [];
    const forced = this.request.force && this.asked.has(image.name);
    const reusable = known.find(
      (candidate) => isSound(candidate, this.world.images) && candidate.fingerprint === fingerprint,
    );
    if (reusable !== undefined && !forced) {
      return { action: 'reuse', ...base, imageId: reusable.imageId, version: reusable.version } satisfies ReuseStep;
    }
    const epoch = this.epochOf(image);
    const asked = { known, inputs, fingerprint, forced, epoch, world: this.world, parent: parentOf(image) };
    const reason = reasonToBake(asked);
    return {
      action: 'bake',
      ...base,
      reason,
      ...(forced ? { nonce: this.request.nonce } : {}),
      ...(epoch === undefined ? {} : { epoch }),
    } satisfies BakeStep;
  }

  private parent(image: Image, architecture: Architecture): { ref: ParentRef; identity: ParentIdentity } {
    if (image.origin.kind === 'base') {
      const source = this.sourceAmi(image, architecture);
      return {
        ref: { kind: 'source', imageId: source.imageId, name: source.name },
        identity: { kind: 'source', imageId: source.imageId },
      };
    }
    const parent = this.image(image.origin.parent);
    const existing = this.insteadOf(parent, architecture) ?? this.existingParent(parent, architecture);
    if (existing !== undefined) return existing;

    const { step, identity } = this.decide(parent, architecture);
    if (step.action === 'bake') return { ref: { kind: 'this-run', image: parent.name }, identity };
    return {
      ref: { kind: 'existing', image: parent.name, imageId: step.imageId, version: step.version },
      identity,
    };
  }

  /** The newest good version of a parent that this run has failed to make. */
  private insteadOf(parent: Image, architecture: Architecture) {
    const id = nodeId(parent.name, architecture);
    if (!this.request.notMade?.has(id)) return undefined;
    for (const candidate of this.known.get(id) ?? [])
      if (isSound(candidate, this.world.images)) return asParent(parent, candidate);
    return undefined;
  }

  /** The newest parent although it is out of date, where parents are not to be baked; undefined: decide it as a step. */
  private existingParent(parent: Image, architecture: Architecture) {
    const askedFor = this.asked.has(parent.name);
    if (this.request.parents === 'bake' || askedFor) return undefined;
    const known = this.known.get(nodeId(parent.name, architecture)) ?? [];
    const wanted = this.wantedFingerprint(parent, architecture);
    const best = <T extends KnownImage>(candidates: readonly T[]): T | undefined =>
      candidates.find((candidate) => candidate.fingerprint === wanted) ?? candidates[0];
    const chosen = best(known.flatMap((candidate) => (isSound(candidate, this.world.images) ? [candidate] : [])));
    const passedOver = best(known.filter((candidate) => isUsable({ ...candidate, markedBad: false })));
    if (passedOver !== undefined && !isSound(passedOver, this.world.images)) {
      // With the wanted fingerprint, the reason to bake it says so.
      if (chosen !== undefined || passedOver.fingerprint !== wanted) this.warnParentBad(parent, passedOver, chosen);
    } else if (chosen !== undefined && chosen.fingerprint !== wanted) {
      this.warnParentOutOfDate(parent, chosen, architecture);
    }
    return chosen && asParent(parent, chosen);
  }

  private wantedFingerprint(image: Image, architecture: Architecture): Fingerprint {
    const id = nodeId(image.name, architecture);
    const parent = () => this.wantedParent(image, architecture);
    const wanted = this.wanted.get(id) ?? fingerprintOf(this.inputsFor(image, architecture, parent()));
    this.wanted.set(id, wanted);
    return wanted;
  }

  /** What an existing image should stand on. Nothing is planned for its sake: it is there already, and is used. */
  private wantedParent(image: Image, architecture: Architecture): ParentIdentity {
    if (image.origin.kind === 'base') return { kind: 'source', imageId: this.sourceAmi(image, architecture).imageId };
    const parent = this.image(image.origin.parent);
    if (this.asked.has(parent.name)) return this.decide(parent, architecture).identity;
    const existing = this.existingParent(parent, architecture);
    return existing?.identity ?? { kind: 'image', fingerprint: this.wantedFingerprint(parent, architecture) };
  }

  private sourceAmi(image: Image, architecture: Architecture): ResolvedSourceAmi {
    const source = this.world.sourceAmis.get(nodeId(image.name, architecture));
    if (source === undefined) throw new Error(`source AMI of ${image.name}/${architecture} was not resolved`);
    return source;
  }

  private inputsFor(image: Image, architecture: Architecture, parent: ParentIdentity): Inputs {
    const layers = image.layers.map((name) => {
      const layer = this.request.config.layers.get(name);
      if (layer === undefined) throw new Error(`layer ${name} was not read`);
      return layer;
    });
    return inputsOf({
      image,
      architecture,
      layers,
      templates: this.world.templates,
      parent,
      epoch: this.epochOf(image),
    });
  }

  private epochOf({ refresh }: Image): string | undefined {
    return refresh && this.request.epochs[refresh];
  }

  private nonceOf(step: ReuseStep): string | undefined {
    return (this.known.get(step.id) ?? []).find((known) => known.imageId === step.imageId)?.nonce;
  }

  private warnParentBad(parent: Image, bad: KnownImage, chosen: KnownImage | undefined): void {
    const cause = bad.markedBad ? bad : (badAncestors(bad, this.world.images)[0] ?? bad);
    const on = cause === bad ? '' : ` stands on ${cause.image} ${cause.version}, which`;
    const why = `${parent.name} ${bad.version}${on} is ${badText(cause)}`;
    if (chosen === undefined) this.warn('parent-marked-bad', `${parent.name} is baked again, since ${why}`, undefined);
    else this.warn('parent-marked-bad', `${usedAsParent(chosen)}, since ${why}`, parent);
  }

  private warnParentOutOfDate(parent: Image, chosen: KnownImage, architecture: Architecture): void {
    const why = this.isOnlyDue(parent, chosen, architecture) ? 'is due to be refreshed' : 'has changed since';
    this.warn('parent-out-of-date', `${usedAsParent(chosen)} although ${parent.name} ${why}`, parent);
  }

  private isOnlyDue(image: Image, chosen: KnownImage, architecture: Architecture): boolean {
    const epoch = this.epochOf(image);
    if (epoch === undefined) return false;
    const inputs = this.inputsFor(image, architecture, this.wantedParent(image, architecture));
    const asked = { known: [chosen], inputs, fingerprint: fingerprintOf(inputs), forced: false, epoch };
    return reasonToBake({ ...asked, world: this.world, parent: parentOf(image) }).why === 'refreshed';
  }

  /** Once, with how to bake the parent where it is not baked by itself. */
  private warn(code: string, message: string, parent: Image | undefined): void {
    if (this.warnings.some((warning) => warning.message === message)) return;
    const verb = parent?.origin.kind === 'base' ? 'base' : 'service';
    const hint = parent && `bake ${verb} ${parent.name}, or add --with-parents`;
    this.warnings.push({ code, message, ...(hint === undefined ? {} : { hint }) });
  }

  private image(name: ImageName): Image {
    const image = this.request.config.images.get(name);
    if (image === undefined) throw new Error(`image ${name} is not in the configuration`);
    return image;
  }
}

function asParent(
  { name }: Image,
  { imageId, version, fingerprint, nonce }: KnownImage & { readonly fingerprint: Fingerprint },
): { readonly ref: ParentRef; readonly identity: ParentIdentity } {
  return {
    ref: { kind: 'existing', image: name, imageId, version },
    identity: { kind: 'image', fingerprint, nonce },
  };
}

const usedAsParent = ({ image, version, imageId }: KnownImage): string =>
  `${image} ${version} (${imageId}) is used as the parent`;

function groupByNode(images: readonly KnownImage[]): ReadonlyMap<NodeId, readonly KnownImage[]> {
  const groups = new Map<NodeId, KnownImage[]>();
  for (const known of [...images].sort(newestFirst)) {
    const id = nodeId(known.image, known.architecture);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [known]);
    else group.push(known);
  }
  return groups;
}
