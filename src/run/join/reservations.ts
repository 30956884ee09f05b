import { BakeError, summarise } from '../../model/errors.ts';
import { type Architecture, type ImageName, type NodeId, nodeId, type Version } from '../../model/ids.ts';
import type { KnownImage } from '../../model/known-image.ts';
import type { BakeStep } from '../../model/plan.ts';
import { isEarlier, type Reservation } from '../../model/reservation.ts';
import { ownerText } from '../../model/run-owner.ts';
import { TAG } from '../../model/tags.ts';
import type { BakeContext, BakeEffects } from '../bake-job.ts';
import { type Reserved, type ReservedKey, type ReserveRequest, reserveBeside, reserveVersion } from '../reserve.ts';
import { isLiving } from './alive.ts';
import { Heartbeat } from './heartbeat.ts';
import { madeElsewhere } from './made-elsewhere.ts';
import { SharedLook } from './shared-look.ts';

export type Claim =
  /** It is ours to bake. */
  | { readonly is: 'reserved'; readonly version: Version; readonly key: ReservedKey }
  /** Another run has finished it since this one was planned. */
  | { readonly is: 'made'; readonly image: KnownImage }
  /** Another run bakes it now. */
  | { readonly is: 'being-made'; readonly by: Reservation };

interface Held extends Omit<Reserved, 'keys'> {
  readonly key: ReservedKey;
}

export interface ReservationsOptions {
  /** Every AMI of the project, as listed before the run. */
  readonly images: readonly KnownImage[];
  /** What this run bakes of an image, as it is planned now. */
  bakesOf(image: ImageName): readonly BakeStep[];
  /** The version that an image was given. */
  versionFor(image: ImageName): Version | undefined;
}

/** Milliseconds that a look at the reservations is good for before one's own is made; after that, only a new one is. */
const LOOK_AGE = 5_000;

/** What this run has reserved, kept alive until it is baked, beside what others have. */
export class Reservations {
  readonly look: SharedLook<readonly Reservation[]>;
  private readonly context: BakeContext;
  private readonly effects: BakeEffects;
  private readonly options: ReservationsOptions;
  private readonly heartbeat: Heartbeat;
  private readonly byImage = new Map<ImageName, Promise<Version>>();
  /** Versions in use when the run started; those in tags are asked for once for all images. */
  private readonly listed = new Map<ImageName, string[]>();
  private tagged: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
  private readonly held = new Map<NodeId, Held>();
  /** Key pairs that are being given back. */
  private readonly leaving = new Set<Promise<void>>();

  constructor(context: BakeContext, effects: BakeEffects, options: ReservationsOptions) {
    this.context = context;
    this.effects = effects;
    this.options = options;
    for (const { image, version } of options.images) {
      const versions = this.listed.get(image);
      if (versions === undefined) this.listed.set(image, [version]);
      else versions.push(version);
    }
    this.look = new SharedLook(() => effects.builders.reservations(context.config.project), effects.clock);
    this.heartbeat = new Heartbeat({
      clock: effects.clock,
      renew: (ids, until) => effects.builders.renew(ids, { [TAG.alive]: until }),
      onTrouble: (error) => this.warn('reservation-not-renewed', notRenewed(error)),
    });
  }

  /** Who bakes this: the earliest that has reserved it and lives. `passed`: reservations that were waited for too long. */
  async claim(step: BakeStep, passed: ReadonlySet<string>): Promise<Claim> {
    if (!this.held.has(step.id)) {
      const others = this.rivals(step, await this.look.recent(LOOK_AGE), passed);
      if (others[0] !== undefined) return { is: 'being-made', by: others[0] };
    }
    const held = await this.reserve(step).catch(async (error: unknown) => {
      // Of a version that was given, another run may be baking just this.
      if (!(error instanceof BakeError) || error.code !== 'version-taken') throw error;
      const [rival] = this.rivals(step, await this.look.fresh(), passed);
      if (rival === undefined) throw error;
      this.byImage.delete(step.image);
      return rival;
    });
    if (!('key' in held)) return { is: 'being-made', by: held };
    const ours = held.reservations.find(({ id }) => id === held.key.id);
    const rivals = this.rivals(step, held.reservations, passed);
    // Where EC2 does not list our own yet, nothing tells who was earlier.
    const by = ours && rivals.find((other) => isEarlier(other, ours));
    if (by !== undefined) {
      await this.giveBack(step.id, held.key);
      return { is: 'being-made', by };
    }
    const image = await this.finishedMeanwhile(step, held.images);
    if (image !== undefined) {
      await this.giveBack(step.id, held.key);
      return { is: 'made', image };
    }
    return { is: 'reserved', version: held.version, key: held.key };
  }

  /** Whatever became of the step: one that no bake has taken charge of is given back. */
  settle(id: NodeId): void {
    const held = this.held.get(id);
    if (held === undefined) return;
    const given = this.giveBack(id, held.key).catch((error: unknown) => {
      const message = `the reservation ${held.key.name} could not be released: ${summarise(error).message}`;
      this.warn('leftovers', message, id);
    });
    this.leaving.add(given);
  }

  /** The bake has it, and removes it at its end. */
  baked(id: NodeId): void {
    const held = this.held.get(id);
    if (held !== undefined) this.heartbeat.drop(held.key.id);
    this.held.delete(id);
  }

  async close(): Promise<void> {
    for (const id of [...this.held.keys()]) this.settle(id);
    this.heartbeat.end();
    await Promise.all(this.leaving);
  }

  private async finishedMeanwhile(step: BakeStep, images: readonly KnownImage[]): Promise<KnownImage | undefined> {
    if (madeElsewhere(step, images) === undefined) return undefined;
    // What it stands on may have been made, and marked bad, since the run's start as well.
    return madeElsewhere(step, await this.effects.images.list(this.context.config.project));
  }

  /** Living reservations of other runs for the same fingerprint, the earliest first. What is forced is nobody else's. */
  private rivals(step: BakeStep, seen: readonly Reservation[], passed: ReadonlySet<string>): readonly Reservation[] {
    if (step.nonce !== undefined) return [];
    const { run, processes } = this.context;
    const now = this.effects.clock.now();
    return seen
      .filter(
        (other) =>
          other.run !== run &&
          !passed.has(other.id) &&
          other.image === step.image &&
          other.architecture === step.architecture &&
          other.wants === step.fingerprint &&
          isLiving(other, now, processes),
      )
      .sort((a, b) => (isEarlier(a, b) ? -1 : 1));
  }

  /** One version for all architectures of an image, made by whichever starts first. */
  private async reserve(step: BakeStep): Promise<Held> {
    const first = this.byImage.get(step.image);
    if (first === undefined) {
      const reservation = this.reserveAll(step);
      this.byImage.set(step.image, reservation);
      await reservation;
    } else {
      const version = await first;
      if (!this.held.has(step.id)) await this.reserveOne(step, version);
    }
    const held = this.held.get(step.id);
    if (held === undefined) throw new Error(`no reservation for ${step.id}`);
    return held;
  }

  private async reserveAll(step: BakeStep): Promise<Version> {
    const seen = await this.look.recent(LOOK_AGE);
    const free = this.options
      .bakesOf(step.image)
      .filter((one) => one.id === step.id || this.rivals(one, seen, new Set()).length === 0);
    const request = await this.request(step.image, free);
    return this.hold(await reserveVersion(request, this.reserving()), step.image);
  }

  /** Of an architecture that was somebody else's at first. */
  private async reserveOne(step: BakeStep, version: Version): Promise<void> {
    const request = await this.request(step.image, [step]);
    const beside = await reserveBeside(request, version, this.reserving());
    this.hold(beside ?? (await reserveVersion(request, this.reserving())), step.image);
  }

  private async request(image: ImageName, steps: readonly BakeStep[]): Promise<ReserveRequest> {
    const { config, run, owner } = this.context;
    const tagged = await this.taggedVersions();
    return {
      project: config.project,
      image,
      architectures: steps.map(({ architecture }) => architecture),
      scheme: config.versionScheme,
      version: this.options.versionFor(image),
      run,
      taken: [...(this.listed.get(image) ?? []), ...(tagged.get(image) ?? [])],
      wants: new Map(steps.flatMap(wanted)),
      owner: ownerText(owner),
    };
  }

  /** Asked again only where that has failed. */
  private taggedVersions(): Promise<ReadonlyMap<string, readonly string[]>> {
    this.tagged ??= this.effects.images.taggedVersions(this.context.config.project).catch((error: unknown) => {
      this.tagged = undefined;
      throw error;
    });
    return this.tagged;
  }

  private reserving() {
    const { images, builders, clock, signal } = this.effects;
    return { images, builders, clock, signal, reservations: () => this.look.fresh() };
  }

  private hold({ keys, ...reserved }: Reserved, image: ImageName): Version {
    for (const [architecture, key] of keys) {
      this.held.set(nodeId(image, architecture), { ...reserved, key });
      this.heartbeat.add(key.id);
    }
    return reserved.version;
  }

  private async giveBack(id: NodeId, key: ReservedKey): Promise<void> {
    this.held.delete(id);
    this.heartbeat.drop(key.id);
    await this.effects.builders.release(key.name);
  }

  private warn(code: string, message: string, id?: NodeId): void {
    this.effects.emit({ type: 'warning', ...(id === undefined ? {} : { id }), warning: { code, message } });
  }
}

const wanted = ({ architecture, fingerprint, nonce }: BakeStep) =>
  nonce === undefined ? [[architecture, fingerprint] as const satisfies readonly [Architecture, unknown]] : [];

const notRenewed = (error: unknown): string =>
  `the reservations of this run could not be renewed, so that other runs may bake the same images: ${summarise(error).message}`;
