import { targetId } from '../../model/channel.ts';
import { nodeId, type ProjectName } from '../../model/ids.ts';
import { type AmiNameParts, parseAmiName } from '../../model/names.ts';
import type { ObservedImage, Site, Source } from '../../model/promotion.ts';
import { type BakedVersion, type VersionId, versionId } from '../../model/prune.ts';
import { TAG } from '../../model/tags.ts';
import { isCopyOf, isDead } from '../promotion/attempt.ts';

export interface Named {
  readonly image: ObservedImage;
  readonly parts: AmiNameParts;
}

/**
 * Every version that there is anywhere, newest first, from what is listed at all sites. What is not surely ours, what is
 * there for a while, and what failed is left out: none of it is for this.
 */
export function bakedVersions(
  project: ProjectName,
  home: Site,
  listed: readonly ObservedImage[],
): readonly BakedVersion[] {
  const ours = listed.flatMap((image) => named(project, image));
  const isSource = ({ image }: Named) => targetId(image.site) === targetId(home) && image.copyOf === undefined;
  const sources = new Map<VersionId, BakedVersion & { readonly source: ObservedImage }>();
  for (const one of ours.filter(isSource)) {
    sources.set(idOf(one), { id: idOf(one), ...one.parts, source: one.image, copies: [] });
  }
  const copies = new Map<VersionId, ObservedImage[]>();
  const orphans = new Map<VersionId, BakedVersion>();
  for (const one of ours.filter((each) => !isSource(each))) {
    const id = idOf(one);
    const baked = sources.get(id);
    if (!(baked === undefined ? saysWhatItIs(one) : isCopyOf(one.image, sourceOf(baked)))) continue;
    if (baked === undefined) orphans.set(id, { id, ...one.parts, copies: [] });
    copies.set(id, [...(copies.get(id) ?? []), one.image]);
  }
  return [...sources.values(), ...orphans.values()]
    .map((version) => ({ ...version, copies: (copies.get(version.id) ?? []).toSorted(bySite) }))
    .toSorted((a, b) => bakedAt(b).localeCompare(bakedAt(a)) || (a.id < b.id ? 1 : -1));
}

/** ISO 8601, UTC. */
export const bakedAt = ({ source, copies }: BakedVersion): string =>
  source?.createdAt ?? copies.map(({ createdAt }) => createdAt).toSorted()[0] ?? '';

function named(project: ProjectName, image: ObservedImage): readonly Named[] {
  const parts = parseAmiName(project, image.name.replace(/@\d+$/, ''));
  if (parts === undefined || isDead(image) || image.state === 'deregistered') return [];
  if (image.tags[TAG.run] !== undefined || (image.tags[TAG.project] ?? project) !== project) return [];
  return [{ image, parts }];
}

const idOf = ({ parts: { image, architecture, version } }: Named): VersionId =>
  versionId(nodeId(image, architecture), version);

/** Nothing else tells where it comes from. */
const saysWhatItIs = ({ image: { tags }, parts }: Named): boolean =>
  tags[TAG.project] !== undefined &&
  tags[TAG.fingerprint] !== undefined &&
  tags[TAG.image] === parts.image &&
  tags[TAG.version] === parts.version &&
  tags[TAG.architecture] === parts.architecture;

const sourceOf = ({
  image,
  version,
  architecture,
  source,
}: BakedVersion & { readonly source: ObservedImage }): Source => ({
  id: nodeId(image, architecture),
  image,
  version: version as Source['version'],
  architecture,
  ami: source,
});

const bySite = (a: ObservedImage, b: ObservedImage): number =>
  `${targetId(a.site)} ${a.imageId}` < `${targetId(b.site)} ${b.imageId}` ? -1 : 1;
