import { resolve } from 'node:path';
import {
  type LayerName,
  parseAccountId,
  parseAmiId,
  parseImageName,
  parseLayerName,
  parseProjectName,
  parseRegion,
  type Region,
} from '../model/ids.ts';
import type {
  BuildSettings,
  Config,
  Image,
  Layer,
  Limits,
  Origin,
  PackagePin,
  RootVolume,
  SandboxImage,
  SourceAmi,
} from '../model/image.ts';
import type { Keep } from '../model/keep.ts';
import type { Prices } from '../model/prices.ts';
import { SOURCE_ALIASES } from '../model/source-aliases.ts';
import type { StateSettings } from '../model/state.ts';
import { DEFAULTS } from './defaults.ts';
import { parseAge, parseDuration } from './durations.ts';
import { type InheritedImage, inheritAll } from './inherit.ts';
import type { WrittenKeep } from './keep-schema.ts';
import { artifactsOf } from './normalise-artifacts.ts';
import { channelsOf } from './normalise-channels.ts';
import { ciOf } from './normalise-ci.ts';
import { regionConfigOf } from './normalise-region-config.ts';
import { secretsOf } from './normalise-secrets.ts';
import { volumesOf } from './normalise-volumes.ts';
import type {
  WrittenConfig,
  WrittenImage,
  WrittenPackages,
  WrittenRootVolume,
  WrittenSandboxImage,
  WrittenSource,
} from './schema.ts';
import { sound } from './sound.ts';
import type { WrittenState } from './state-schema.ts';

export interface CheckedConfig {
  readonly file: string;
  readonly root: string;
  readonly layersDir: string;
  /** In the right form, and no rule has anything to say about it. */
  readonly written: WrittenConfig;
  readonly layers: ReadonlyMap<LayerName, Layer>;
  readonly prices?: Prices | undefined;
}

/** Written → resolved: inheritance, then defaults, then the types of the model. */
export function normalise({ written, file, root, layersDir, layers, prices }: CheckedConfig): Config {
  const region = sound(parseRegion(written.region));
  const images = [...inheritAll(written)].map(([name, inherited]) => {
    const image = imageOf(name, sound(written.images[name]), inherited, { topLevel: written, root });
    return [image.name, image] as const;
  });
  return {
    file,
    root,
    project: sound(parseProjectName(written.project)),
    region,
    versionScheme: written.version ?? DEFAULTS.version,
    limits: limitsOf(written.limits),
    layersDir,
    ...(written.templates === undefined ? {} : { templatesDir: resolve(root, written.templates) }),
    channels: channelsOf(written.channels),
    ...(written.state === undefined ? {} : { state: stateOf(written.state, region) }),
    ...(written.ci === undefined ? {} : { ci: ciOf(written.ci) }),
    images: new Map(images),
    ...(prices === undefined ? {} : { prices }),
    sandboxImages: new Map(
      Object.entries(written.sandbox?.images ?? {}).map(([alias, image]) => [alias, sandboxImageOf(image, root)]),
    ),
    layers,
  };
}

function limitsOf({ parallel, base, service, vcpus }: NonNullable<WrittenConfig['limits']> = {}): Limits {
  return {
    parallel: parallel ?? DEFAULTS.parallel,
    ...(base === undefined ? {} : { base }),
    ...(service === undefined ? {} : { service }),
    ...(vcpus === undefined ? {} : { vcpus }),
  };
}

function stateOf(written: WrittenState, build: Region): StateSettings {
  const { bucket, prefix, kmsKey, keepDays } = written;
  return {
    bucket,
    prefix: prefix === undefined ? '' : `${prefix}/`,
    region: written.region === undefined ? build : sound(parseRegion(written.region)),
    ...(kmsKey === undefined ? {} : { kmsKey }),
    keepDays: keepDays ?? DEFAULTS.stateKeepDays,
  };
}

function imageOf(
  name: string,
  written: WrittenImage,
  inherited: InheritedImage,
  { topLevel, root }: { readonly topLevel: WrittenConfig; readonly root: string },
): Image {
  const imageName = sound(parseImageName(name));
  const { regionConfig } = inherited;
  // Of the top level's, what stands on a base image would be baked twice where the base comes later.
  const refresh = written.refresh ?? (written.source === undefined ? undefined : topLevel.refresh);
  return {
    name: imageName,
    origin: originOf(written),
    architectures: inherited.architectures,
    layers: (written.layers ?? []).map((layer) => sound(parseLayerName(layer))),
    variables: inherited.variables,
    ...(written.artifacts === undefined ? {} : { artifacts: artifactsOf(written.artifacts, root) }),
    tags: inherited.tags,
    rootVolume: rootVolumeOf(inherited.rootVolume),
    ...(inherited.volumes.size === 0 ? {} : { volumes: volumesOf(inherited.volumes) }),
    ...(inherited.packages === undefined ? {} : { packages: packagesOf(inherited.packages) }),
    ...(refresh === undefined || refresh === 'never' ? {} : { refresh }),
    ...secretsOf(written.secrets),
    build: buildOf(inherited, sound(parseRegion(topLevel.region))),
    ...(regionConfig === undefined ? {} : { regionConfig: regionConfigOf(imageName, regionConfig) }),
    ...(inherited.keep === undefined ? {} : { keep: keepOf(inherited.keep) }),
  };
}

function keepOf({ last, days, grace }: WrittenKeep): Keep {
  return {
    last: last ?? DEFAULTS.keep.last,
    days: days ?? DEFAULTS.keep.days,
    grace: sound(parseAge(grace ?? DEFAULTS.keep.grace)),
  };
}

function originOf({ source, parent }: WrittenImage): Origin {
  if (source !== undefined) return { kind: 'base', source: sourceOf(source) };
  return { kind: 'service', parent: sound(parseImageName(sound(parent))) };
}

function sourceOf(source: WrittenSource): SourceAmi {
  if (typeof source === 'string') return { by: 'alias', alias: source };
  const owner =
    source.owner === 'amazon' || source.owner === 'self' ? source.owner : sound(parseAccountId(source.owner));
  if (source.parameter !== undefined) return { by: 'parameter', parameter: source.parameter, owner };
  if (source.name !== undefined) return { by: 'filter', name: source.name, owner };
  return { by: 'id', id: sound(parseAmiId(sound(source.id))), owner };
}

function rootVolumeOf({ sizeGiB, type, iops, throughput, encrypted, kmsKey }: WrittenRootVolume): RootVolume {
  return {
    ...(sizeGiB === undefined ? {} : { sizeGiB }),
    type: type ?? DEFAULTS.volumeType,
    ...(iops === undefined ? {} : { iops }),
    ...(throughput === undefined ? {} : { throughput }),
    ...(kmsKey === undefined ? (encrypted === undefined ? {} : { encrypted }) : { encrypted: true, kmsKey }),
  };
}

function packagesOf({ release, snapshot, mirror }: WrittenPackages): PackagePin {
  if (release !== undefined) return { release };
  return { snapshot: sound(snapshot), ...(mirror === undefined ? {} : { mirror }) };
}

function buildOf({ build, source }: InheritedImage, region: Region): BuildSettings {
  const { vpc, subnet, publicAddress, allowedCidrs } = build.network ?? {};
  const sshUser = build.sshUser ?? (typeof source === 'string' ? SOURCE_ALIASES.get(source)?.sshUser : undefined);
  return {
    region,
    network: {
      ...(vpc === undefined ? {} : { vpc }),
      subnets: listOf(subnet ?? []),
      publicAddress: publicAddress ?? DEFAULTS.publicAddress,
      allowedCidrs: allowedCidrs ?? DEFAULTS.allowedCidrs,
    },
    instanceTypes: {
      x86_64: listOf(build.instanceTypes?.x86_64 ?? DEFAULTS.instanceTypes.x86_64),
      arm64: listOf(build.instanceTypes?.arm64 ?? DEFAULTS.instanceTypes.arm64),
    },
    spot: build.spot ?? DEFAULTS.spot,
    communicator: build.communicator ?? DEFAULTS.communicator,
    ...(build.instanceProfile === undefined ? {} : { instanceProfile: build.instanceProfile }),
    sshUser: sound(sshUser),
    timeLimits: {
      connect: sound(parseDuration(build.timeLimits?.connect ?? DEFAULTS.timeLimits.connect)),
      bake: sound(parseDuration(build.timeLimits?.bake ?? DEFAULTS.timeLimits.bake)),
      snapshot: sound(parseDuration(build.timeLimits?.snapshot ?? DEFAULTS.timeLimits.snapshot)),
    },
  };
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

function sandboxImageOf(written: WrittenSandboxImage, root: string): SandboxImage {
  if (typeof written === 'string') return { from: { file: resolve(root, written) } };
  const { file, url, sha256, sha512, sshUser } = written;
  const checksum = (sha512 ?? sha256)?.toLowerCase();
  return {
    from: url === undefined ? { file: resolve(root, sound(file)) } : { url },
    ...(checksum === undefined
      ? {}
      : { checksum: { algorithm: sha512 === undefined ? 'sha256' : 'sha512', checksum } }),
    ...(sshUser === undefined ? {} : { sshUser }),
  };
}
