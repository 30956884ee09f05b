import { ARCHITECTURES, type Architecture } from '../model/ids.ts';
import type { Tags, Variables } from '../model/image.ts';
import { mergeDeep } from '../model/merge.ts';
import { inheritVolume } from './inherit-volume.ts';
import { type InheritedVolumes, inheritVolumes } from './inherit-volumes.ts';
import type { WrittenKeep } from './keep-schema.ts';
import type { WrittenRegionConfig } from './region-config-schema.ts';
import type {
  WrittenBuild,
  WrittenConfig,
  WrittenImage,
  WrittenPackages,
  WrittenRootVolume,
  WrittenSource,
} from './schema.ts';

/** An image's settings as written, with those of its ancestors and of the top level merged in; no defaults of ours. */
export interface InheritedImage {
  readonly architectures: readonly Architecture[];
  readonly variables: Variables;
  readonly tags: Tags;
  readonly rootVolume: WrittenRootVolume;
  readonly volumes: InheritedVolumes;
  readonly packages: WrittenPackages | undefined;
  readonly build: WrittenBuild;
  /** The source AMI at the root of the lineage; undefined where the lineage has none. */
  readonly source: WrittenSource | undefined;
  /** Undefined where the lineage has none. */
  readonly regionConfig: WrittenRegionConfig | undefined;
  /** Undefined where neither the lineage nor the top level has one. */
  readonly keep: WrittenKeep | undefined;
}

const DEFAULT_ARCHITECTURES: readonly Architecture[] = ARCHITECTURES.slice(0, 1);

/** By image name, in the order written. Unknown parents and cycles count as no parent: rules report those. */
export function inheritAll(written: WrittenConfig): ReadonlyMap<string, InheritedImage> {
  const images = new Map(Object.entries(written.images));
  const settled = new Map<string, InheritedImage>();
  const open = new Set<string>();
  const topLevel: InheritedImage = {
    architectures: DEFAULT_ARCHITECTURES,
    variables: written.variables ?? {},
    tags: written.tags ?? {},
    rootVolume: written.rootVolume ?? {},
    volumes: new Map(),
    packages: undefined,
    build: written.build ?? {},
    source: undefined,
    regionConfig: undefined,
    keep: written.keep,
  };

  function settle(name: string): InheritedImage {
    const known = settled.get(name);
    if (known !== undefined) return known;
    const image = images.get(name);
    if (image === undefined || open.has(name)) return topLevel;
    open.add(name);
    const inherited = inherit(image.parent === undefined ? topLevel : settle(image.parent), image);
    settled.set(name, inherited);
    return inherited;
  }

  return new Map([...images.keys()].map((name) => [name, settle(name)]));
}

function inherit(parent: InheritedImage, own: WrittenImage): InheritedImage {
  return {
    architectures: own.architectures ?? parent.architectures,
    variables: mergeDeep(parent.variables, own.variables ?? {}),
    tags: mergeDeep(parent.tags, own.tags ?? {}),
    rootVolume: inheritVolume(parent.rootVolume, own.rootVolume ?? {}),
    volumes: inheritVolumes(parent.volumes, own.volumes),
    packages: own.packages === undefined ? parent.packages : mergeDeep(parent.packages ?? {}, own.packages),
    build: mergeDeep(parent.build, own.build ?? {}),
    source: own.source ?? parent.source,
    regionConfig: inheritRegionConfig(parent.regionConfig, own.regionConfig),
    keep: own.keep === undefined ? parent.keep : mergeDeep(parent.keep ?? {}, own.keep),
  };
}

/** A key of its own replaces the parent's way to encrypt, which it would otherwise stand beside. */
function inheritRegionConfig(parent: WrittenRegionConfig | undefined, own: WrittenRegionConfig | undefined) {
  if (parent === undefined || own === undefined) return own ?? parent;
  const { encryption, onChange } = parent;
  const merged = mergeDeep(parent, own);
  return { ...merged, encryption: own.encryption ?? encryption, onChange: own.onChange ?? onChange };
}
