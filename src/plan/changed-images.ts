import type { AmiId, Fingerprint, ImageName } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import { sourceText } from '../model/source-aliases.ts';
import type { SourceLock } from '../model/source-lock.ts';
import { digestOf, fingerprintOf, type Inputs, inputsOf, type ParentIdentity } from './fingerprint.ts';
import { pinnedAmi } from './source-lock.ts';

/** A project as it is, or was, on the disk. */
export interface ProjectState {
  readonly config: Config;
  /** Template name → sha256 of its source. */
  readonly templates: Inputs;
  readonly lock: SourceLock;
}

/** Images that are new or differ in an input of their own: all that decides an image but the parent that it happens to have. */
export function changedImages(before: ProjectState, after: ProjectState): ReadonlySet<ImageName> {
  const old = ownDigests(before);
  return new Set([...ownDigests(after)].flatMap(([name, digest]) => (old.get(name) === digest ? [] : [name])));
}

function ownDigests(state: ProjectState): ReadonlyMap<ImageName, string> {
  return new Map([...state.config.images].map(([name, image]) => [name, digestOf(ownInputs(image, state))]));
}

function ownInputs(image: Image, { config, templates, lock }: ProjectState): unknown {
  const layers = image.layers.flatMap((name) => config.layers.get(name) ?? []);
  const { origin, architectures } = image;
  const parentOf = (architecture: (typeof architectures)[number]): ParentIdentity => {
    if (origin.kind === 'service') return { kind: 'image', fingerprint: '' as Fingerprint };
    const pin = pinnedAmi(lock, { source: sourceText(origin.source), region: config.region, architecture });
    return { kind: 'source', imageId: pin?.imageId ?? ('' as AmiId) };
  };
  const fingerprints = architectures.map((architecture) =>
    fingerprintOf(inputsOf({ image, architecture, layers, templates, parent: parentOf(architecture) })),
  );
  return { origin, fingerprints };
}
