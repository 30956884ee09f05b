import { summarise } from '../model/errors.ts';
import { type Architecture, type ImageName, type NodeId, nodeId, type RunId } from '../model/ids.ts';
import type { Config } from '../model/image.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { BakeEffects, BakeJob } from './bake-job.ts';
import { type Reserved, type ReserveRequest, reserveVersion } from './reserve.ts';

export interface ReservationsRequest {
  readonly config: Config;
  readonly run: RunId;
  /** Every AMI of the project, as listed before the run. */
  readonly images: readonly KnownImage[];
  /** Given by `--version`, for these images. */
  readonly version?: { readonly value: ReserveRequest['version']; readonly images: readonly ImageName[] } | undefined;
}

/** The versions that a run reserves: one for all architectures of an image, by whichever starts first. */
export class Reservations {
  private readonly made = new Map<ImageName, Promise<Reserved>>();
  /** Key pairs that no bake has taken charge of: an architecture's whose parent failed, or that was interrupted. */
  private readonly unused = new Map<NodeId, string>();
  private readonly listed = new Map<ImageName, string[]>();
  private tagged: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
  private readonly request: ReservationsRequest;
  private readonly effects: BakeEffects;

  constructor(request: ReservationsRequest, effects: BakeEffects) {
    this.request = request;
    this.effects = effects;
    for (const { image, version } of request.images) {
      const versions = this.listed.get(image);
      if (versions === undefined) this.listed.set(image, [version]);
      else versions.push(version);
    }
  }

  of(image: ImageName, architectures: readonly Architecture[]): Promise<Reserved> {
    const known = this.made.get(image) ?? this.reserve(image, architectures);
    this.made.set(image, known);
    return known;
  }

  keyOf(reserved: Reserved, id: NodeId, architecture: Architecture): BakeJob['key'] {
    const key = reserved.keys.get(architecture);
    if (key === undefined) throw new Error(`no reservation for ${id}`);
    return key;
  }

  /** Somebody else has seen to its end. */
  forget(id: NodeId): void {
    this.unused.delete(id);
  }

  async releaseUnused(): Promise<void> {
    for (const [id, keyPair] of this.unused) {
      try {
        await this.effects.builders.release(keyPair);
      } catch (error) {
        const message = `the reservation ${keyPair} could not be released: ${summarise(error).message}`;
        this.effects.emit({ type: 'warning', id, warning: { code: 'leftovers', message } });
      }
    }
  }

  private async reserve(image: ImageName, architectures: readonly Architecture[]): Promise<Reserved> {
    const { config, run, version } = this.request;
    const tagged = await this.taggedVersions();
    const request = {
      project: config.project,
      image,
      architectures,
      scheme: config.versionScheme,
      version: version?.images.includes(image) ? version.value : undefined,
      run,
      taken: [...(this.listed.get(image) ?? []), ...(tagged.get(image) ?? [])],
    };
    const reserved = await reserveVersion(request, this.effects);
    for (const [architecture, key] of reserved.keys) this.unused.set(nodeId(image, architecture), key.name);
    return reserved;
  }

  /** Asked once for all images of the run; again only where that has failed. */
  private taggedVersions(): Promise<ReadonlyMap<string, readonly string[]>> {
    this.tagged ??= this.effects.images.taggedVersions(this.request.config.project).catch((error: unknown) => {
      this.tagged = undefined;
      throw error;
    });
    return this.tagged;
  }
}
