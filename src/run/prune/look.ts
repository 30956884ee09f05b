import { type ResolvedTarget, targetId } from '../../model/channel.ts';
import type { ChannelName, ImageName } from '../../model/ids.ts';
import type { Config } from '../../model/image.ts';
import { fillPointer } from '../../model/pointer-names.ts';
import type { ObservedImage, Site } from '../../model/promotion.ts';
import { type BakedVersion, imagesOf, type PrunePlan, type VersionId } from '../../model/prune.ts';
import { TAG } from '../../model/tags.ts';
import { siteFor } from '../../plan/promotion/wanted.ts';
import { bakedVersions } from '../../plan/prune/baked-versions.ts';
import { decide } from '../../plan/prune/decide.ts';
import type { PruneRules } from '../../plan/prune/own-reasons.ts';
import { planPrune, toRetire } from '../../plan/prune/plan-prune.ts';
import { holdingsOf, mayBeAlive, type Referrers } from '../../plan/prune/referrers.ts';
import type { PruneEffects } from '../prune-effects.ts';
import { Reads } from './reads.ts';

export interface PruneRequest {
  readonly config: Config;
  /** Where images are baked. */
  readonly home: Site;
  /** Of each channel, all. */
  readonly targets: ReadonlyMap<ChannelName, readonly ResolvedTarget[]>;
  readonly selected?: ReadonlySet<string>;
  /** AMIs of the lock file. */
  readonly pinned: ReadonlySet<string>;
  /** Images that are promoted by somebody else just now. */
  readonly promoting: ReadonlyMap<ImageName, string>;
  readonly signal: AbortSignal;
}

/** Where AMIs of ours are: that of the bakes first. */
export function sitesOf({ home, targets }: PruneRequest): readonly Site[] {
  const all = [home, ...[...targets.values()].flat().map((target) => siteFor(target, home.account))];
  return [...new Map(all.map((site) => [targetId(site), site])).values()];
}

const NO_REFERRERS: Referrers = {
  references: [],
  holdings: [],
  reservations: [],
  sources: new Map(),
  pinned: new Set(),
  promoting: new Map(),
};

/** Everything that is at all sites. Throws `prune-not-known` unless all of it could be read. */
export async function listVersions(request: PruneRequest, effects: PruneEffects): Promise<readonly BakedVersion[]> {
  const { config, home, signal } = request;
  const reads = new Reads(signal);
  const listed = await reads.each(sitesOf(request), (site) => effects.at(site).list(config.project));
  reads.settle();
  return bakedVersions(config.project, home, listed.flat());
}

/** Looks at everything that may need an image, and plans. Throws `prune-not-known` unless every read succeeded. */
export async function lookAndPlan(request: PruneRequest, effects: PruneEffects, now: Date): Promise<PrunePlan> {
  const { config } = request;
  const rules: PruneRules = {
    images: config.images,
    ...(request.selected === undefined ? {} : { selected: request.selected }),
    protects: (site) => protects(request, site),
    now,
  };
  const versions = await listVersions(request, effects);
  // Others stay whatever refers to them, so nobody is asked about them.
  const first = decide(versions, { config, rules, referrers: NO_REFERRERS });
  const candidates = versions.filter(({ id }) => first.get(id)?.action !== 'keep');
  const referrers = await lookForReferrers(versions, candidates, request, effects, now);
  const deciding = { config, rules, referrers };
  const known = await withPermissions(versions, toRetire(versions, deciding), request, effects);
  return planPrune(known, { ...deciding, prices: config.prices });
}

function protects({ config, home, targets }: PruneRequest, site: Site): boolean {
  return [...targets].some(
    ([channel, all]) =>
      config.channels.get(channel)?.deregistrationProtection !== 'off' &&
      all.some((target) => targetId(siteFor(target, home.account)) === targetId(site)),
  );
}

async function lookForReferrers(
  versions: readonly BakedVersion[],
  candidates: readonly BakedVersion[],
  request: PruneRequest,
  effects: PruneEffects,
  now: Date,
): Promise<Referrers> {
  const { config, home, pinned, promoting } = request;
  const reads = new Reads(request.signal);
  const images = [...new Set(candidates.map(({ image }) => image))];
  const pairs = [...config.channels.keys()].flatMap((channel) => images.map((image) => ({ channel, image })));
  const sources = candidates.flatMap(({ source }) => source?.imageId ?? []);
  const [holdings, references, parameters, reservations, bakedFrom] = await Promise.all([
    reads.each(pairs, async ({ channel, image }) =>
      holdingsOf(await effects.channelState(channel, image), (version) => isUsable(versions, image, version)),
    ),
    reads.each(questions(candidates, request), ({ site, ids, own }) => effects.at(site).references(ids, own)),
    reads.each(pointers(candidates, request), ({ site, names }) => effects.at(site).parameters(names)),
    reads.each(candidates.length === 0 ? [] : [home], (site) => effects.at(site).reservations(config.project)),
    reads.each(sources.length === 0 ? [] : [home], (site) => effects.at(site).bakedFrom(sources)),
  ]);
  const there = new Set<string>(versions.flatMap(({ source }) => source?.imageId ?? []));
  for (const { channel, image, version, holds, amis } of holdings.flat()) {
    const lacking = amis.filter((imageId) => !there.has(imageId));
    if (holds === 'before' || lacking.length === 0) continue;
    reads.missing(
      `list images in ${targetId(home)}: ${lacking.join(', ')} is not listed, and channel ${channel} holds it (${image} ${version})`,
      `If it was deregistered, promote another version to ${channel}; else run the same command again.`,
    );
  }
  reads.settle();
  return {
    references: [...references.flat(), ...parameters.flat()],
    holdings: holdings.flat(),
    reservations: reservations.flat().filter((one) => mayBeAlive(one, now)),
    sources: new Map(bakedFrom.flatMap((found) => [...found])),
    pinned,
    promoting,
  };
}

const isUsable = (versions: readonly BakedVersion[], image: ImageName, version: string): boolean =>
  versions.some(
    (one) =>
      one.image === image &&
      one.version === version &&
      one.source?.state === 'available' &&
      one.source.tags[TAG.bad] === undefined &&
      one.source.tags[TAG.retired] === undefined,
  );

interface Question {
  readonly site: Site;
  readonly ids: readonly string[];
  readonly own: boolean;
}

/** Owners are asked, and accounts that share what is ours, where there is a role to ask them by. */
function questions(candidates: readonly BakedVersion[], request: PruneRequest): readonly Question[] {
  const { home, targets } = request;
  const all = candidates.flatMap(imagesOf);
  const at = (site: Site) => all.filter((image) => targetId(image.site) === targetId(site)).map(idOf);
  const owners = sitesOf(request).map((site) => ({ site, ids: at(site), own: true }));
  const sharers = [...targets.values()]
    .flat()
    .filter(({ account, role, mode }) => mode === 'share' && account !== home.account && role !== undefined)
    .map(({ account, region }) => ({
      site: { account, region },
      ids: at({ account: home.account, region }),
      own: false,
    }));
  const once = new Map([...owners, ...sharers].map((one) => [`${targetId(one.site)} ${one.own}`, one]));
  return [...once.values()].filter(({ ids }) => ids.length > 0);
}

const idOf = ({ imageId }: ObservedImage): string => imageId;

/** Parameters of all channels: EC2 knows only those that hold an AMI by their type. */
function pointers(candidates: readonly BakedVersion[], { config, targets }: PruneRequest) {
  const nodes = new Map(candidates.map(({ image, architecture: arch }) => [`${image} ${arch}`, { image, arch }]));
  const all = [...targets].flatMap(([channel, those]) => {
    const pattern = config.channels.get(channel)?.pointers.parameter;
    if (pattern === undefined || nodes.size === 0) return [];
    return those.map(({ account, region }) => {
      const place = { project: config.project, channel, account, region };
      const names = [...nodes.values()].map((node) => fillPointer(pattern, { ...place, ...node }));
      return { site: { account, region }, names: [...new Set(names)] };
    });
  });
  return all;
}

/** Disabling takes permissions away for good, so they are written down before. */
async function withPermissions(
  versions: readonly BakedVersion[],
  ids: ReadonlySet<VersionId>,
  { signal }: PruneRequest,
  effects: PruneEffects,
): Promise<readonly BakedVersion[]> {
  const reads = new Reads(signal);
  const images = versions
    .filter(({ id }) => ids.has(id))
    .flatMap(imagesOf)
    .filter(({ state }) => state === 'available');
  const found = await reads.each(images, async ({ site, imageId }) => {
    return [imageId, await effects.at(site).launchPermissions(imageId)] as const;
  });
  reads.settle();
  const permissions = new Map<string, ObservedImage['launchPermissions']>(found);
  const whole = (image: ObservedImage): ObservedImage => {
    const launchPermissions = permissions.get(image.imageId);
    return launchPermissions === undefined ? image : { ...image, launchPermissions };
  };
  return versions.map((version) => ({
    ...version,
    copies: version.copies.map(whole),
    ...(version.source === undefined ? {} : { source: whole(version.source) }),
  }));
}
