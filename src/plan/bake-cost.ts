import { lineage } from '../model/graph.ts';
import type { Architecture, ImageName } from '../model/ids.ts';
import type { Config } from '../model/image.ts';
import type { BakeCost, BakeTaken, RunFacts } from '../model/run-report.ts';
import { bakedVolumes } from '../model/volume.ts';
import { instancePrice } from './instance-prices.ts';
import { snapshotPrice } from './promotion/prices.ts';

/** GiB, of the root volumes of most publishers' images. */
const ASSUMED_SIZE = 8;
/** EC2 bills seconds of a Linux instance, and a minute at least. */
const LEAST_SECONDS = 60;

/** What the reports of a run need to know of its configuration. */
export function runFacts(config: Config): RunFacts {
  return {
    project: config.project,
    region: config.region,
    levelOf: (image) => lineage(config.images, image).length - 1,
    costOf: (image, architecture, taken) => bakeCost(config, image, architecture, taken),
  };
}

function bakeCost(
  { images, prices: own }: Config,
  name: ImageName,
  architecture: Architecture,
  { builderSeconds, made, instanceType: launched }: BakeTaken,
): BakeCost {
  const image = images.get(name);
  if (image === undefined) throw new Error(`image ${name} is not in the configuration`);
  const { build, rootVolume, volumes } = image;
  const instanceType = launched ?? build.instanceTypes[architecture][0] ?? '';
  const hour = instancePrice(build.region, instanceType, own);
  const month = made ? snapshotPrice(build.region, own) : undefined;
  const data = bakedVolumes(volumes).reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  const gib = made ? (rootVolume.sizeGiB ?? ASSUMED_SIZE) + data : null;
  const prices = [...(hour === undefined ? [] : [hour]), ...(month === undefined ? [] : [month])];
  return {
    instanceType,
    builderSeconds,
    builderUsd: hour === undefined ? null : (hour.usd * Math.max(builderSeconds, LEAST_SECONDS)) / 3600,
    snapshotGib: gib,
    sizeAssumed: made && rootVolume.sizeGiB === undefined,
    storageUsdPerMonth: (gib ?? 0) * (month?.usd ?? 0),
    verified: prices.length > 0 && prices.every(({ verified }) => verified),
    asOf: prices.map(({ asOf }) => asOf).sort()[0] ?? null,
  };
}
