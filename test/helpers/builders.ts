import { createHash } from 'node:crypto';
import type { Artifact } from '../../src/model/artifact.ts';
import {
  type AmiId,
  type Architecture,
  type Digest,
  type Fingerprint,
  type ImageName,
  type LayerName,
  nodeId,
  parseAmiId,
  parseFingerprint,
  parseImageName,
  parseLayerName,
  parseProjectName,
  parseRegion,
  parseVersion,
  type RunId,
  type Version,
} from '../../src/model/ids.ts';
import type {
  AnsibleStep,
  Config,
  Image,
  Layer,
  LayerFile,
  LayerStep,
  ProvisionerFile,
} from '../../src/model/image.ts';
import type { KnownImage, ResolvedSourceAmi } from '../../src/model/known-image.ts';
import { amiName } from '../../src/model/names.ts';
import type { RegionConfig } from '../../src/model/region-config.ts';
import type { Volume } from '../../src/model/volume.ts';
import { epochsAt } from '../../src/plan/refresh.ts';

function must<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new Error(`${JSON.stringify(text)} is not of the right form`);
  return value;
}

export const PROJECT = must(parseProjectName('acme'), 'acme');
export const REGION = must(parseRegion('eu-central-1'), 'eu-central-1');
export const RUN: RunId = '20261120T120000-0a1b2c' as RunId;
/** The day of every test. */
export const NOW = new Date('2026-11-20T12:00:00.000Z');
export const EPOCHS = epochsAt(NOW);

export const imageName = (text: string): ImageName => must(parseImageName(text), text);
export const version = (text: string): Version => must(parseVersion(text), text);
/** `ami-…7` for 7. */
export const amiId = (n: number): AmiId => must(parseAmiId(`ami-${n.toString(16).padStart(17, '0')}`), `${n}`);
export const sha256 = (text: string | Buffer): Digest => createHash('sha256').update(text).digest('hex') as Digest;
export const fingerprint = (text: string): Fingerprint => must(parseFingerprint(sha256(text)), text);

export function layerFile(path: string, other: Partial<LayerFile> = {}): LayerFile {
  const common = { path, source: `files${path}`, mode: '0644', owner: 'root', group: 'root', template: false } as const;
  return { ...common, type: 'file', digest: sha256(path), ...other };
}

export const script = (name: string, other: Partial<Extract<LayerStep, { kind: 'script' }>> = {}): LayerStep => ({
  kind: 'script',
  source: `scripts/${name}`,
  template: false,
  digest: sha256(name),
  ...other,
});

export const playbook = (other: Partial<AnsibleStep> = {}): LayerStep => ({
  kind: 'ansible',
  playbook: 'ansible/site.yml',
  extraVars: {},
  tags: [],
  skipTags: [],
  groups: [],
  ...other,
});

export const packerFile = (hcl: string, provisioners: readonly string[] = ['shell']): LayerStep => ({
  kind: 'packer',
  source: 'packer/legacy.pkr.hcl',
  hcl,
  provisioners,
});

export const provisionerFile = (source: string, executable = false): ProvisionerFile => ({
  source,
  executable,
  digest: sha256(source),
});

export const REBOOT: LayerStep = { kind: 'reboot' };

export function layer(name: string, other: Partial<Layer> = {}): Layer {
  const none = { files: [], steps: [], provisionerFiles: [], tests: [], userData: [], accept: [] };
  const defaults = { dir: `/project/layers/${name}`, description: '', ...none };
  return { name: must(parseLayerName(name), name), ...defaults, ...other };
}

export const regionConfig = (other: Partial<RegionConfig> = {}): RegionConfig => ({
  bucket: 'acme-{region}',
  prefix: 'api',
  encryption: { by: 's3' },
  files: {},
  values: {},
  regionValues: {},
  accountValues: {},
  channelValues: {},
  required: [],
  secrets: [],
  onChange: 'none',
  policy: 'fail-closed',
  group: 'root',
  refresh: 300,
  deadline: 120,
  ...other,
});

/** Its content is read already. */
export const artifact = (name: string, other: Partial<Artifact> = {}): Artifact => ({
  name,
  from: { file: `/project/dist/${name}` },
  sha256: sha256(name),
  destination: `/opt/${name}`,
  owner: 'root',
  group: 'root',
  mode: '0644',
  ...other,
});

export const volume = (name: string, other: Partial<Volume> = {}): Volume => ({
  name,
  device: '/dev/sdf',
  sizeGiB: 10,
  type: 'gp3',
  content: 'baked',
  deleteOnTermination: true,
  inherited: false,
  ...other,
});

type Build = Partial<Image['build']>;

export type ImageParts = Partial<Omit<Image, 'name' | 'build' | 'layers'>> & {
  readonly build?: Build;
  readonly layers?: readonly string[];
};

function image(name: string, origin: Image['origin'], { build, layers = [], ...other }: ImageParts): Image {
  return {
    name: imageName(name),
    origin,
    architectures: ['x86_64'],
    layers: layers.map((layer) => layer as LayerName),
    variables: {},
    tags: {},
    rootVolume: { type: 'gp3' },
    build: {
      region: REGION,
      network: { subnets: [], publicAddress: true, allowedCidrs: 'auto' },
      instanceTypes: { x86_64: ['t3.small'], arm64: ['t4g.small'] },
      spot: false,
      communicator: 'ssh',
      sshUser: 'admin',
      timeLimits: { connect: 300, bake: 3600, snapshot: 1800 },
      ...build,
    },
    ...other,
  };
}

export const base = (name: string, parts: ImageParts = {}): Image =>
  image(name, { kind: 'base', source: { by: 'alias', alias: 'debian:12' } }, parts);

export const service = (name: string, parent: string, parts: ImageParts = {}): Image =>
  image(name, { kind: 'service', parent: imageName(parent) }, parts);

export function config(images: readonly Image[], layers: readonly Layer[] = [], other: Partial<Config> = {}): Config {
  return {
    file: '/project/bake.config.ts',
    root: '/project',
    project: PROJECT,
    region: REGION,
    versionScheme: '{yyyy}.{mm}.{dd}.{n}',
    limits: { parallel: 8 },
    layersDir: '/project/layers',
    sandboxImages: new Map(),
    channels: new Map(),
    images: new Map(images.map((image) => [image.name, image])),
    layers: new Map(layers.map((layer) => [layer.name, layer])),
    ...other,
  };
}

/** The source AMI of an architecture: number 1 for x86_64, 2 for arm64. */
export const sourceAmi = (architecture: Architecture): ResolvedSourceAmi => ({
  imageId: amiId(architecture === 'x86_64' ? 1 : 2),
  name: `debian-12-${architecture}-20261101`,
  owner: '136693071363',
  creationDate: '2026-11-01T00:00:00.000Z',
  rootDeviceName: '/dev/xvda',
});

export const sourceAmisOf = (images: readonly Image[]) =>
  new Map(
    images
      .filter(({ origin }) => origin.kind === 'base')
      .flatMap(({ name, architectures }) =>
        architectures.map((architecture) => [nodeId(name, architecture), sourceAmi(architecture)] as const),
      ),
  );

type KnownParts = Partial<Omit<KnownImage, 'image' | 'version'>> & { readonly version?: string };

/** An AMI of the project: number 7 is `ami-…7`, made on the seventh minute of the day. */
export function known(image: string, n: number, { version: text = '2026.11.19.1', ...other }: KnownParts): KnownImage {
  const architecture = other.architecture ?? 'x86_64';
  return {
    imageId: amiId(n),
    name: amiName(PROJECT, imageName(image), version(text), architecture),
    state: 'available',
    createdAt: new Date(Date.UTC(2026, 10, 19, 0, n)).toISOString(),
    image: imageName(image),
    version: version(text),
    architecture,
    markedBad: false,
    snapshotIds: [],
    tags: {},
    ...other,
  };
}
