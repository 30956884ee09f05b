import { lineage } from '../model/graph.ts';
import { type AccountId, type AmiId, type NodeId, nodeId, parseAccountId } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import type { ResolvedSourceAmi } from '../model/known-image.ts';
import type { BakePlan } from '../model/plan.ts';
import type { SourceAmis } from '../model/source-ami.ts';
import { deviceClashes, unusableSnapshots } from '../plan/volumes.ts';
import type { Snapshots } from './effects.ts';
import { volumeDeviceTaken, volumeSnapshotUnusable } from './volume-errors.ts';

export interface VolumesToCheck {
  readonly config: Config;
  readonly plan: BakePlan;
  /** By base image and architecture. */
  readonly sourceAmis: ReadonlyMap<NodeId, ResolvedSourceAmi>;
}

interface Baked {
  readonly image: Image;
  readonly source: ResolvedSourceAmi;
}

/**
 * Looks whether what is to be baked can have its volumes: nobody is asked where it has none.
 * Throws `volume-device-taken`, `volume-snapshot-unusable`.
 */
export async function checkVolumes(
  request: VolumesToCheck,
  effects: { readonly sourceAmis: SourceAmis; readonly snapshots: Snapshots },
): Promise<void> {
  const baked = bakesWithVolumes(request);
  const images = [...new Set(baked.map(({ image }) => image))];
  const ids = [...new Set(images.flatMap(({ volumes = [] }) => volumes.flatMap(({ startsFrom }) => startsFrom ?? [])))];
  const [devices, snapshots] = await Promise.all([
    devicesOf(baked, effects.sourceAmis),
    ids.length === 0 ? new Map() : effects.snapshots.find(ids),
  ]);
  const clashes = baked.flatMap(({ image, source }) => deviceClashes(image, source, devices.get(source.imageId) ?? []));
  const [clash] = clashes;
  if (clash !== undefined) throw volumeDeviceTaken(clash, clashes.slice(1));
  const unusable = images.flatMap((image) => unusableSnapshots(image, snapshots));
  const [flaw] = unusable;
  if (flaw !== undefined) throw volumeSnapshotUnusable(flaw, request.config.region, unusable.slice(1));
}

function bakesWithVolumes({ config, plan, sourceAmis }: VolumesToCheck): readonly Baked[] {
  return plan.steps.flatMap(({ action, image: name, architecture }) => {
    const image = config.images.get(name);
    const root = lineage(config.images, name)[0];
    const source = root && sourceAmis.get(nodeId(root.name, architecture));
    const checked = action === 'bake' && image?.volumes !== undefined && source !== undefined;
    return checked ? [{ image, source }] : [];
  });
}

/** Of each source AMI; none of one that is gone, which its bake says. Asked again where it is pinned: pins do not say. */
async function devicesOf(
  baked: readonly Baked[],
  sourceAmis: SourceAmis,
): Promise<ReadonlyMap<AmiId, readonly string[]>> {
  const sources = new Map(baked.map(({ source }) => [source.imageId, source]));
  const found = await Promise.all(
    [...sources.values()].map(async ({ imageId: id, owner }) => {
      const [ami] = await sourceAmis.find({ by: 'id', id, owner: ownerOf(owner) });
      return [id, ami?.devices ?? []] as const;
    }),
  );
  return new Map(found);
}

/** EC2 has said who that is. */
function ownerOf(owner: string): AccountId {
  const account = parseAccountId(owner);
  if (account === undefined) throw new Error(`the source AMI's owner ${owner} is no account`);
  return account;
}
