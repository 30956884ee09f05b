import { targetId } from '../model/channel.ts';
import type { AccountId, AmiId, Architecture, Region, Version } from '../model/ids.ts';
import { nodeId } from '../model/ids.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { Source } from '../model/promotion.ts';
import { copiesAt } from '../plan/promotion/attempt.ts';
import { heldBy } from '../plan/promotion/channel-moves.ts';
import { siteFor } from '../plan/promotion/wanted.ts';
import type { ExportedImage, ExportRequest } from '../render/export/request.ts';
import type { OpenChannel } from './open-promotion.ts';

/** What the channel holds of all images, and which AMI each target launches. */
export async function exportRequest(open: OpenChannel): Promise<ExportRequest> {
  const { config, channel, effects, known } = open;
  const held = [...config.images.keys()].map(async (image) => {
    const move = heldBy((await effects.states.read(channel.name, image))?.state);
    if (move === undefined) return [];
    const versions = known.filter((one) => one.image === image && one.version === move.imageVersion);
    return versions.length === 0 ? [] : [{ image, version: move.imageVersion as Version, versions }];
  });
  const found = (await Promise.all(held)).flat();
  const amis = await amisOf(
    open,
    found.flatMap(({ versions }) => versions),
  );
  const images = found.map(
    ({ image, version, versions }): ExportedImage => ({ image, version, amis: nested(open, versions, amis) }),
  );
  return { project: config.project, channel: channel.name, images };
}

type Served = ReadonlyMap<string, AmiId>;

/** By site and AMI of the bake. One look for each site. */
async function amisOf({ targets, home, effects }: OpenChannel, versions: readonly KnownImage[]): Promise<Served> {
  const sites = new Map(targets.map((target) => siteFor(target, home.account)).map((site) => [targetId(site), site]));
  const sources = await effects
    .images(home)
    .find({ copiesOf: [], names: [], imageIds: versions.map(({ imageId }) => imageId) });
  const served = [...sites].map(async ([id, site]) => {
    if (id === targetId(home)) return versions.map(({ imageId }) => [`${id} ${imageId}`, imageId] as const);
    const there = await effects.images(site).find({
      copiesOf: versions.map(({ imageId }) => imageId),
      names: versions.map(({ name }) => name),
      imageIds: [],
    });
    return versions.flatMap(({ image, version, architecture, imageId }) => {
      const ami = sources.find((one) => one.imageId === imageId);
      if (ami === undefined) return [];
      const source: Source = { id: nodeId(image, architecture), image, version, architecture, ami };
      const { current } = copiesAt({ source }, there);
      return current?.state === 'available' ? [[`${id} ${imageId}`, current.imageId] as const] : [];
    });
  });
  return new Map((await Promise.all(served)).flat());
}

function nested({ targets, home }: OpenChannel, versions: readonly KnownImage[], amis: Served): ExportedImage['amis'] {
  const byAccount: Partial<Record<AccountId, Partial<Record<Region, Partial<Record<Architecture, AmiId>>>>>> = {};
  for (const target of targets) {
    for (const { imageId, architecture } of versions) {
      const ami = amis.get(`${targetId(siteFor(target, home.account))} ${imageId}`);
      if (ami === undefined) continue;
      byAccount[target.account] ??= {};
      const byRegion = byAccount[target.account] ?? {};
      byRegion[target.region] = { ...byRegion[target.region], [architecture]: ami };
    }
  }
  return byAccount;
}
