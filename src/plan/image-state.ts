import { parentOf } from '../model/graph.ts';
import { type Architecture, type ImageName, type NodeId, nodeId } from '../model/ids.ts';
import type { Config, Image, PackagePin } from '../model/image.ts';
import type { KnownImage, ResolvedSourceAmi } from '../model/known-image.ts';
import type { BakeRecord } from '../model/record.ts';
import { badText } from './bad-ancestors.ts';
import type { Inputs } from './fingerprint.ts';
import type { PlannedBakes } from './plan-bake.ts';
import type { Epochs } from './refresh.ts';

/** An image as it was baked, or as it would be now, with what it stands on; as far as that can be known. */
export interface ImageState {
  readonly image: string;
  readonly architecture: Architecture;
  /** Absent: it is to be baked. */
  readonly baked?: BakedState;
  readonly inputs?: Inputs | undefined;
  /** The tag `bake:inputs`, for one that has no record. */
  readonly groups?: string | undefined;
  readonly nonce?: string | undefined;
  readonly epoch?: string | undefined;
  readonly pin?: PackagePin | undefined;
  readonly source?: string | undefined;
  readonly parent?: ImageState | undefined;
  readonly record?: BakeRecord | undefined;
}

interface BakedState {
  readonly version: string;
  readonly imageId: string;
  /** Absent: the AMI is not there any more. */
  readonly createdAt?: string;
  /** Why it is not used, where it is not. */
  readonly unusable?: string;
}

/** Records of AMIs by their id. */
export type RecordsById = ReadonlyMap<string, BakeRecord>;

/** A version that there is. Of an ancestor that is gone, what the tags of its child say. */
export function bakedState(known: KnownImage, images: readonly KnownImage[], records: RecordsById): ImageState {
  const byId = new Map(images.map((one) => [one.imageId, one]));
  const stateOf = (one: KnownImage, above: readonly KnownImage[]): ImageState => {
    const record = records.get(one.imageId);
    const { nonce, inputGroups: groups, sourceName, sourceAmi } = one;
    const parent = one.parentImageId === undefined ? undefined : byId.get(one.parentImageId);
    // Tags can say anything, a circle too.
    const hasParent = parent !== undefined && !above.includes(parent);
    return {
      image: one.image,
      architecture: one.architecture,
      baked: bakedAs(one),
      inputs: record?.inputs,
      groups,
      nonce,
      epoch: record?.refresh ?? undefined,
      pin: record?.packages ?? undefined,
      source: sourceName ?? sourceAmi,
      parent: hasParent ? stateOf(parent, [...above, one]) : goneParent(one),
      record,
    };
  };
  return stateOf(known, []);
}

function bakedAs(known: KnownImage): BakedState {
  const { version, imageId, createdAt, state } = known;
  const unusable = known.markedBad ? badText(known) : state === 'available' ? undefined : state;
  return { version, imageId, createdAt, ...(unusable === undefined ? {} : { unusable }) };
}

function goneParent({ parent, parentImageId, architecture }: KnownImage): ImageState | undefined {
  const [image, version] = parent?.split('/') ?? [];
  if (image === undefined || version === undefined || parentImageId === undefined) return undefined;
  return { image, architecture, baked: { version, imageId: parentImageId } };
}

/** The AMIs whose records tell of this one: itself and what it stands on, as far as that is there. */
export function lineageOf(known: KnownImage, images: readonly KnownImage[]): readonly KnownImage[] {
  const byId = new Map(images.map((one) => [one.imageId, one]));
  const chain: KnownImage[] = [];
  for (let at: KnownImage | undefined = known; at !== undefined && !chain.includes(at); ) {
    chain.push(at);
    at = at.parentImageId && byId.get(at.parentImageId);
  }
  return chain;
}

export interface WantedRequest {
  readonly config: Config;
  readonly planned: PlannedBakes;
  readonly images: readonly KnownImage[];
  readonly sourceAmis: ReadonlyMap<NodeId, ResolvedSourceAmi>;
  readonly epochs: Epochs;
}

/** What a plan wants an image to be, whether there is such an AMI or not. */
export function wantedState(name: ImageName, architecture: Architecture, request: WantedRequest): ImageState {
  const image = request.config.images.get(name);
  if (image === undefined) throw new Error(`image ${name} is not in the configuration`);
  const id = nodeId(name, architecture);
  const step = request.planned.plan.steps.find((candidate) => candidate.id === id);
  const reused = step?.action === 'reuse' ? request.images.find(({ imageId }) => imageId === step.imageId) : undefined;
  const parent = parentOf(image);
  return {
    image: name,
    architecture,
    ...(reused === undefined ? {} : { baked: bakedAs(reused) }),
    inputs: request.planned.inputs.get(id),
    nonce: step?.action === 'bake' ? step.nonce : reused?.nonce,
    epoch: image.refresh && request.epochs[image.refresh],
    pin: image.packages,
    source: sourceOf(image, architecture, request),
    parent: parent && wantedState(parent, architecture, request),
  };
}

function sourceOf(image: Image, architecture: Architecture, { sourceAmis }: WantedRequest): string | undefined {
  return sourceAmis.get(nodeId(image.name, architecture))?.name;
}

/** The finished AMI of the same image and architecture that was the newest when this one was made. */
export function versionBefore(known: KnownImage, images: readonly KnownImage[]): KnownImage | undefined {
  return images.find(
    (one) =>
      one.image === known.image &&
      one.architecture === known.architecture &&
      one.fingerprint !== undefined &&
      one.createdAt < known.createdAt,
  );
}
