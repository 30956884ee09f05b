import type { Prices } from '../../model/prices.ts';
import { type BakedVersion, imagesOf, type PruneDecision, type PrunePlan, type VersionId } from '../../model/prune.ts';
import { retiredMark } from '../../model/retired.ts';
import { snapshotPrice } from '../promotion/prices.ts';
import { bakedAt } from './baked-versions.ts';
import { type Deciding, decide, type Verdict } from './decide.ts';
import { deregisterSteps, retireSteps } from './retire-steps.ts';

const GB = 2 ** 30;

export interface PlanRequest extends Deciding {
  readonly prices?: Prices | undefined;
}

/** What shall be done about every version. Of those that are to be retired, who may launch them has to be known. */
export function planPrune(versions: readonly BakedVersion[], request: PlanRequest): PrunePlan {
  const { config, rules, prices } = request;
  const verdicts = decide(versions, request);
  const decisions = versions.map((version) => decisionOf(version, verdicts.get(version.id), rules.now, prices));
  const going = new Set(decisions.filter(({ action }) => action !== 'keep').map(({ id }) => id));
  return { version: 1, project: config.project, decisions, saves: savings(versions, going, prices) };
}

/** Ids of versions that are to be retired: those whose permissions have to be read. */
export function toRetire(versions: readonly BakedVersion[], request: Deciding): ReadonlySet<VersionId> {
  return new Set([...decide(versions, request)].flatMap(([id, { action }]) => (action === 'retire' ? [id] : [])));
}

function decisionOf(
  version: BakedVersion,
  verdict: Verdict | undefined,
  now: Date,
  prices: Prices | undefined,
): PruneDecision {
  if (verdict === undefined) throw new Error(`nothing was decided about ${version.id}`);
  const { id, image, architecture } = version;
  const images = imagesOf(version).map(({ site, imageId, state }) => ({ site, imageId, state }));
  const retiredAt = imagesOf(version).flatMap(({ tags }) => {
    const mark = retiredMark(tags);
    return mark === undefined || mark === 'unreadable' ? [] : [mark.at];
  });
  const pruned = {
    id,
    image,
    version: version.version,
    architecture,
    createdAt: bakedAt(version),
    images,
    ...costOf(version, prices),
    ...(retiredAt.length === 0 ? {} : { retiredAt: retiredAt.toSorted().at(-1) ?? '' }),
  };
  if (verdict.action === 'keep' || verdict.action === 'wait') return { ...pruned, ...verdict };
  const steps = verdict.action === 'retire' ? retireSteps(version, now) : deregisterSteps(version);
  return { ...pruned, ...verdict, steps };
}

function costOf(version: BakedVersion, prices: Prices | undefined) {
  const stored = imagesOf(version).map(({ site, snapshots }) => {
    const bytes = snapshots.reduce((sum, snapshot) => sum + snapshot.bytes, 0);
    return { bytes, usd: (bytes / GB) * snapshotPrice(site.region, prices).usd };
  });
  return {
    bytes: stored.reduce((sum, { bytes }) => sum + bytes, 0),
    usdPerMonth: stored.reduce((sum, { usd }) => sum + usd, 0),
  };
}

function savings(versions: readonly BakedVersion[], going: ReadonlySet<VersionId>, prices: Prices | undefined) {
  const gone = versions.filter(({ id }) => going.has(id));
  const costs = gone.map((version) => costOf(version, prices));
  const used = gone.flatMap(imagesOf).map(({ site }) => snapshotPrice(site.region, prices));
  return {
    bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
    usdPerMonth: costs.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0),
    verified: used.every(({ verified }) => verified),
    asOf: used.map(({ asOf }) => asOf).toSorted()[0] ?? '',
  };
}
