import type { ChangeChain, Why } from '../model/comparison.ts';
import type { NodeId } from '../model/ids.ts';
import { isUsable, type KnownImage } from '../model/known-image.ts';
import type { PlanStep } from '../model/plan.ts';
import { compareStates } from './compare-states.ts';
import {
  bakedState,
  lineageOf,
  type RecordsById,
  versionBefore,
  type WantedRequest,
  wantedState,
} from './image-state.ts';

/** Why an image would be baked, against the version that its plan compares with; or since when it need not be. */
export function whyNext(step: PlanStep, request: WantedRequest, records: RecordsById): Why {
  const known = whyAbout(step, request.images);
  if (step.action === 'reuse') {
    if (known === undefined) throw new Error(`${step.imageId} is to be reused and is not among the images`);
    const { version, imageId, createdAt: since } = known;
    const chain = sinceBefore(known, request.images, records);
    return { id: step.id, verdict: { kind: 'up-to-date', version, imageId, since }, chain };
  }
  const wanted = wantedState(step.image, step.architecture, request);
  const chain = known === undefined ? [] : compareStates(bakedState(known, request.images, records), wanted);
  return { id: step.id, verdict: { kind: 'to-be-baked', reason: step.reason }, chain };
}

/** Why a version was baked. */
export function whyBaked(known: KnownImage, images: readonly KnownImage[], records: RecordsById): Why {
  const { image, architecture, version, imageId, createdAt: at } = known;
  const id: NodeId = `${image}/${architecture}`;
  return { id, verdict: { kind: 'baked', version, imageId, at }, chain: sinceBefore(known, images, records) };
}

function sinceBefore(known: KnownImage, images: readonly KnownImage[], records: RecordsById): ChangeChain {
  const before = versionBefore(known, images);
  if (before === undefined) return [];
  return compareStates(bakedState(before, images, records), bakedState(known, images, records));
}

/** The AMI that a step reuses; else the last one, as plans have it: the newest usable, or the newest finished. */
export function whyAbout(step: PlanStep, images: readonly KnownImage[]): KnownImage | undefined {
  if (step.action === 'reuse') return images.find(({ imageId }) => imageId === step.imageId);
  const finished = images.filter(
    (one) => one.image === step.image && one.architecture === step.architecture && one.fingerprint !== undefined,
  );
  return finished.find(isUsable) ?? finished[0];
}

/** AMIs whose records say what changed until this one was baked: itself, the one before, and what they stand on. */
export function comparedWith(known: KnownImage, images: readonly KnownImage[]): readonly KnownImage[] {
  const before = versionBefore(known, images);
  return [known, ...(before === undefined ? [] : [before])].flatMap((one) => lineageOf(one, images));
}
