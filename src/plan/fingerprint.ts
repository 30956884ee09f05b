import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonical-json.ts';
import type { AmiId, Architecture, Digest, Fingerprint } from '../model/ids.ts';
import type { Image, Json, Layer, LayerStep } from '../model/image.ts';
import { loaderSettings } from '../model/loader-settings.ts';
import type { InputChange } from '../model/plan.ts';

/**
 * Everything that decides an image, by name: the one list there is.
 *
 * | name | digest of |
 * |---|---|
 * | `architecture` | the architecture |
 * | `layers` | the layers' names in order |
 * | `layer/<layer>/<file>` | machine path, type, mode, owner, group, template or not, content or link target |
 * | `layer/<layer>/steps` | scripts, reboots, playbooks with their settings and files for Packer in order |
 * | `layer/<layer>/ansible/…`, `…/packer/…` | content and whether executable, of all that is in these folders |
 * | `artifact/<name>` | content, destination, owner, group, mode: not where it comes from |
 * | `variables/<name>` | the merged value, as canonical JSON |
 * | `template/<name>` | a template's source, ours or the project's: guard and hygiene are among them |
 * | `template/provision/contract.json` | the rows of the contract with cloud-init, which are the guard's rules |
 * | `template/provision/neutral.json` | the rows of what is of one region, which fail a bake |
 * | `region-config/<name>` | the loader's and its units' sources, for an image with region config |
 * | `region-config/settings` | what the loader is told: where to look, what to do; neither values nor files |
 * | `volume/root` | size, type, encryption, key |
 * | `volume/<name>` | device, size, type, performance, encryption, key, what is on it, whether it ends with its instance |
 * | `packages` | the pinned release or snapshot of the archive and its mirror, where there is a pin |
 * | `refresh` | the day, week or month of the bake, for an image that has `refresh` |
 * | `secret/<name>` | the name of a secret that scripts are given: neither its value nor where that is read |
 * | `source-ami` | the pinned source AMI's id (base images) |
 * | `parent` | fingerprint and force nonce of the parent AMI actually used (service images) |
 *
 * Not in it: rendered text, Packer's version, instance type, network, polling, tags, endpoints, mtimes, checkout paths.
 */
export type Inputs = Readonly<Record<string, Digest>>;

export type ParentIdentity =
  | { readonly kind: 'source'; readonly imageId: AmiId }
  | { readonly kind: 'image'; readonly fingerprint: Fingerprint; readonly nonce?: string | undefined };

export interface InputsRequest {
  readonly image: Image;
  readonly architecture: Architecture;
  /** The image's layers, in order. */
  readonly layers: readonly Layer[];
  /** Name of a template → sha256 of its source. */
  readonly templates: Readonly<Record<string, Digest>>;
  readonly parent: ParentIdentity;
  /** Of the image's period; absent: it is never refreshed. */
  readonly epoch?: string | undefined;
}

export function inputsOf(request: InputsRequest): Inputs {
  const inputs: Record<string, Digest> = {
    architecture: digestOf(request.architecture),
    layers: digestOf(request.layers.map((layer) => layer.name)),
    'volume/root': digestOf({ ...request.image.rootVolume }),
  };
  if (request.image.packages !== undefined) inputs.packages = digestOf(request.image.packages);
  if (request.epoch !== undefined) inputs.refresh = digestOf(request.epoch);
  for (const name of Object.keys(request.image.secrets ?? {})) inputs[`secret/${name}`] = digestOf(name);
  for (const layer of request.layers) Object.assign(inputs, layerInputs(layer));
  Object.assign(inputs, artifactInputs(request.image), volumeInputs(request.image));
  for (const [name, value] of Object.entries(request.image.variables)) inputs[`variables/${name}`] = digestOf(value);
  for (const [name, digest] of Object.entries(request.templates)) {
    if (!name.startsWith(LOADER)) inputs[`template/${name}`] = digest;
    else if (request.image.regionConfig !== undefined) inputs[name] = digest;
  }
  Object.assign(inputs, loaderInputs(request.image));
  if (request.parent.kind === 'source') inputs['source-ami'] = digestOf(request.parent.imageId);
  else inputs.parent = digestOf([request.parent.fingerprint, request.parent.nonce ?? null]);
  return sorted(inputs);
}

function artifactInputs({ name: image, artifacts = [] }: Image): Inputs {
  const inputs: Record<string, Digest> = {};
  for (const { name, from: _, ...artifact } of artifacts) {
    if (artifact.sha256 === undefined) throw new Error(`artefact ${name} of ${image} was not read`);
    inputs[`artifact/${name}`] = digestOf(artifact);
  }
  return inputs;
}

/** Whether the parent has it too is the parent's. */
function volumeInputs({ volumes = [] }: Image): Inputs {
  return Object.fromEntries(
    volumes.map(({ name, inherited: _, ...volume }) => [`volume/${name}`, digestOf(volume)] as const),
  );
}

const LOADER = 'region-config/';

function loaderInputs({ name, regionConfig }: Image): Inputs {
  if (regionConfig === undefined) return {};
  const { refresh, service = null } = regionConfig;
  const settings = loaderSettings(name, regionConfig) ?? null;
  return { [`${LOADER}settings`]: digestOf({ settings, refresh, service }) };
}

/** Digests of a layer are the same for every image that has it, so 1,000 images on one layer digest it once. */
const layerInputsCache = new WeakMap<Layer, Record<string, Digest>>();

function layerInputs(layer: Layer): Record<string, Digest> {
  const known = layerInputsCache.get(layer);
  if (known !== undefined) return known;
  const inputs: Record<string, Digest> = {};
  for (const { source, ...file } of layer.files) inputs[`layer/${layer.name}/${source}`] = digestOf(file);
  for (const step of layer.steps) {
    if (step.kind === 'script') inputs[`layer/${layer.name}/${step.source}`] = digestOf([step.template, step.digest]);
  }
  for (const { source, ...file } of layer.provisionerFiles) inputs[`layer/${layer.name}/${source}`] = digestOf(file);
  const order = layer.steps.map(orderOf);
  inputs[`layer/${layer.name}/steps`] = digestOf(order);
  layerInputsCache.set(layer, inputs);
  return inputs;
}

function orderOf(step: LayerStep): Json {
  switch (step.kind) {
    case 'script':
      return step.source;
    case 'reboot':
      return step.kind;
    case 'ansible':
      return { ...step };
    case 'packer':
      // What is written there is the digest of its own.
      return { kind: step.kind, source: step.source };
  }
}

function sorted(inputs: Inputs): Inputs {
  const result: Record<string, Digest> = {};
  for (const name of Object.keys(inputs).sort()) result[name] = inputs[name] as Digest;
  return result;
}

/** Over lines of name and digest; names hold no control characters. `inputs` as `inputsOf` returns them: sorted. */
export function fingerprintOf(inputs: Inputs): Fingerprint {
  let lines = 'version 1\n';
  for (const name in inputs) lines += `${name}\0${inputs[name]}\n`;
  return createHash('sha256').update(lines).digest('hex') as Fingerprint;
}

/** What differs between two sets of inputs, sorted by name. */
export function changedInputs(before: Inputs, after: Inputs): readonly InputChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((input): InputChange[] => {
    if (before[input] === after[input]) return [];
    if (before[input] === undefined) return [{ input, change: 'added' }];
    return [{ input, change: after[input] === undefined ? 'removed' : 'changed' }];
  });
}

/** EC2's limit for a tag's value. */
const TAG_VALUE_LIMIT = 256;

/**
 * The inputs in a form that fits a tag: `layer/api=1a2b3c4d parent=…`, eight hexadecimal digits a group. Layers are
 * told apart as far as 256 characters allow.
 */
export function inputGroups(inputs: Inputs): string {
  const fine = formatGroups(inputs, fineGroup);
  return fine.length <= TAG_VALUE_LIMIT ? fine : formatGroups(inputs, coarseGroup);
}

const fineGroup = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('layer/') ? 2 : 1)
    .join('/');
const coarseGroup = (name: string) => (name.startsWith('layer') ? 'layers' : (name.split('/')[0] ?? name));

function formatGroups(inputs: Inputs, groupOf: (name: string) => string): string {
  const groups = new Map<string, [string, Digest][]>();
  for (const [name, digest] of Object.entries(inputs)) {
    const group = groupOf(name);
    groups.set(group, [...(groups.get(group) ?? []), [name, digest]]);
  }
  return [...groups].map(([group, members]) => `${group}=${digestOf(members).slice(0, 8)}`).join(' ');
}

/** Which groups differ, from the tag of the last version alone. */
export function changedGroups(before: string, inputs: Inputs): readonly InputChange[] {
  // In the form that the tag has, whichever would be written now: else every layer would look new or gone.
  const after = formatGroups(inputs, isFine(before) ? fineGroup : coarseGroup);
  return changedInputs(parseGroups(before), parseGroups(after));
}

/** From the tags of two versions alone; undefined for layers where one tag tells them apart and the other does not. */
export function changedTags(before: string, after: string): readonly InputChange[] {
  const [a, b] = [parseGroups(before), parseGroups(after)];
  return isFine(before) === isFine(after) ? changedInputs(a, b) : changedInputs(withoutLayers(a), withoutLayers(b));
}

export const isFine = (groups: string): boolean => groups.includes('layer/');

const parseGroups = (text: string) => Object.fromEntries(text.split(' ').map((pair) => pair.split('='))) as Inputs;

const withoutLayers = (groups: Inputs): Inputs =>
  Object.fromEntries(Object.entries(groups).filter(([group]) => !group.startsWith('layer')));

/** sha256 of the value as canonical JSON; members that are undefined do not count. */
export function digestOf(value: unknown): Digest {
  const data = canonicalJson(JSON.parse(JSON.stringify(value)) as Json);
  return createHash('sha256').update(data).digest('hex') as Digest;
}
