import type { Fingerprint, ImageName } from '../model/ids.ts';
import { isRetired, isUsable, type KnownImage } from '../model/known-image.ts';
import type { InputChange, Reason } from '../model/plan.ts';
import { badAncestors, badText } from './bad-ancestors.ts';
import { changedGroups, changedInputs, type Inputs } from './fingerprint.ts';

export interface ReasonRequest {
  /** AMIs of this image and architecture, newest first. */
  readonly known: readonly KnownImage[];
  readonly inputs: Inputs;
  readonly fingerprint: Fingerprint;
  readonly forced: boolean;
  /** Of an image that is refreshed. */
  readonly epoch: string | undefined;
  readonly parent: ImageName | undefined;
  readonly world: {
    readonly images: readonly KnownImage[];
    readonly inputsOfImage: ReadonlyMap<string, Inputs>;
    readonly bakedBefore: ReadonlyMap<Fingerprint, { readonly imageId: string; readonly version: string }>;
  };
}

/** Why there is no AMI to reuse, against the newest one that there is. */
export function reasonToBake(request: ReasonRequest): Reason {
  if (request.forced) return { why: 'forced' };
  const gone = missing(request);
  if (gone !== undefined) return gone;
  const last = request.known.find((known) => isUsable(known));
  if (last === undefined) return { why: 'never-baked' };

  const changes = changesSince(last, request);
  const due = changes.some(({ input, change }) => input === 'refresh' && change === 'changed');
  const others = due ? changes.filter(({ input }) => input !== 'refresh') : changes;
  if (due && others.length === 0 && request.epoch !== undefined) return { why: 'refreshed', epoch: request.epoch };
  const lineageOnly = others.length > 0 && others.every(({ input }) => input === 'parent' || input === 'source-ami');
  if (!lineageOnly) return { why: 'inputs-changed', since: last.version, changes };
  const parent = request.parent ?? 'the source AMI';
  const from = last.parent ?? last.sourceName;
  return { why: 'parent-changed', parent, ...(from === undefined ? {} : { from }) };
}

/** It was baked with exactly these inputs, and that AMI is not usable any more. */
function missing({ known, fingerprint, world }: ReasonRequest): Reason | undefined {
  const unusable = known.find((candidate) => candidate.fingerprint === fingerprint);
  if (unusable !== undefined) {
    const detail = whyUnusable(unusable, world.images);
    return { why: 'image-missing', version: unusable.version, detail: `${unusable.imageId} ${detail}` };
  }
  const recorded = world.bakedBefore.get(fingerprint);
  if (recorded === undefined) return undefined;
  const detail = `${recorded.imageId} is not there any more`;
  return { why: 'image-missing', version: recorded.version as KnownImage['version'], detail };
}

function whyUnusable(known: KnownImage, images: readonly KnownImage[]): string {
  if (known.markedBad) return `is ${badText(known)}`;
  const [bad] = badAncestors(known, images);
  if (isRetired(known)) return 'is retired';
  if (bad === undefined || !isUsable(known)) return `is ${known.state}`;
  return `stands on ${bad.image} ${bad.version}, which is ${badText(bad)}`;
}

/** By file where the last version's record is at hand, else by group from its tag. */
function changesSince(last: KnownImage, { inputs, world }: ReasonRequest): readonly InputChange[] {
  const recorded = world.inputsOfImage.get(last.imageId);
  if (recorded !== undefined) return changedInputs(recorded, inputs);
  return last.inputGroups === undefined ? [] : changedGroups(last.inputGroups, inputs);
}
