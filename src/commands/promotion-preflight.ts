import { createKeys } from '../aws/promotion/keys.ts';
import { mapBounded } from '../model/bounded.ts';
import { BakeError } from '../model/errors.ts';
import { groupBy } from '../model/group.ts';
import type { ImageName, NodeId, Version } from '../model/ids.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { Wanted, WantedId } from '../model/promotion.ts';
import { hasContent } from '../model/region-config.ts';
import type { Tried } from '../model/tried.ts';
import { badAncestors } from '../plan/bad-ancestors.ts';
import type { SiteLook } from '../plan/promotion/plan-site.ts';
import { type PreflightFacts, type PreflightProblem, preflight } from '../plan/promotion/preflight.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import { checkPlace, notReached } from '../run/region-config/check.ts';
import { lookAtAll } from '../run/region-config/side-by-side.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import { openPlaces } from './open-places.ts';
import { digestOf, type OpenChannel, type Opened, userDataOf } from './open-promotion.ts';
import type { Beforehand } from './promotion-plan.ts';
import { checkSites, defaultKeys, type Preflighted } from './promotion-sites.ts';

/** Images that are looked at a time. */
const MOST = 8;

/** Everything that would stop the promotion, found before anything is made. Sites are asked once for all images. */
export async function checkBeforehand(
  opened: readonly [Opened, ...Opened[]],
  before: Beforehand,
  options: CommonOptions,
  io: CommandIo,
): Promise<Preflighted> {
  const [{ open }] = opened;
  const wanted = before.seen.flatMap((one) => one.wanted);
  const [keys, sites, regional] = await Promise.all([
    defaultKeys(wanted, open.sites),
    checkSites(open, before),
    mapBounded(opened, 1, (one) => checkRegionConfig(one.open, options, io)),
  ]);
  const facts = await mapBounded(opened, MOST, (one) => factsOf(one, wantedOf(one, wanted), before.looks, keys));
  // What is wrong with the channel is wrong for each image.
  const problems = groupBy(
    [...facts.flatMap(preflight), ...sites.problems, ...regional.flat()],
    ({ message }) => message,
  );
  return { problems: problems.map(([first]) => first), unchecked: sites.unchecked };
}

const wantedOf = ({ open }: Opened, wanted: readonly Wanted[]): readonly Wanted[] =>
  wanted.filter(({ source }) => source.image === open.image.name);

async function factsOf(
  { open, versions }: Opened,
  wanted: readonly Wanted[],
  looks: ReadonlyMap<WantedId, SiteLook>,
  keysByDefault: PreflightFacts['defaultKeys'],
): Promise<PreflightFacts> {
  const { config, channel, image, known, sites, home, effects } = open;
  const node = ({ image: name, architecture }: KnownImage): NodeId => `${name}/${architecture}`;
  const keys = new Set(wanted.flatMap(({ source }) => source.ami.snapshots.flatMap(({ kmsKey }) => kmsKey ?? [])));
  const [managers, held, userData] = await Promise.all([
    Promise.all([...keys].map(async (key) => [key, await createKeys(sites.at(home)).describe(key)] as const)),
    Promise.all(
      channel.requires.channels.map(async (name) => {
        const state = await effects.states.read(name, image.name);
        const move = state?.state.moves[0];
        const holds = move?.finished === true ? [[image.name, move.imageVersion as Version] as const] : [];
        return [name, new Map<ImageName, Version>(holds)] as const;
      }),
    ),
    channel.requires.tried === undefined ? undefined : userDataOf(config, image, channel, effects.signal),
  ]);
  return {
    channel,
    wanted,
    looks,
    keyManagers: new Map(managers.flatMap(([key, found]) => managerOf(key, found?.manager))),
    defaultKeys: keysByDefault,
    holds: new Map(held),
    bad: new Map(versions.map((one) => [node(one), badAncestors(one, known).map(badOf)])),
    tried: new Map(
      versions.flatMap((one): (readonly [NodeId, Tried])[] => (one.tried ? [[node(one), one.tried]] : [])),
    ),
    userData: new Map(userData === undefined ? [] : [[image.name, digestOf(userData)]]),
    now: effects.clock.now(),
  };
}

const managerOf = (key: string, manager: 'AWS' | 'CUSTOMER' | undefined) =>
  manager === undefined ? [] : [[key, manager === 'AWS' ? 'aws' : 'customer'] as const];

const badOf = (image: KnownImage) => ({
  what: `${image.image} ${image.version}`,
  why: image.bad?.reason ?? 'nobody says why',
});

/** What instances of the image load is there, wherever the channel brings it. */
async function checkRegionConfig(
  { channel, image }: OpenChannel,
  options: CommonOptions,
  io: CommandIo,
): Promise<readonly PreflightProblem[]> {
  if (!channel.requires.regionConfig || image.regionConfig === undefined || !hasContent(image.regionConfig)) return [];
  const places = await openPlaces(image.name, { ...options, channel: channel.name }, io, () => {});
  const { seen, unseen } = await lookAtAll(places, async (place) => checkPlace(await place.open()));
  const reports = [...seen.map(({ look }) => look), ...unseen.map(({ place, error }) => notReached(place, error))];
  return reports
    .filter(({ ok }) => !ok)
    .map(({ account, region, checks }) => {
      const missed = checks.find(({ status }) => status === 'missed');
      return {
        code: 'region-config-incomplete',
        message: `${account}/${region}: region config of ${image.name}: ${missed?.name ?? 'unknown'}${missed?.detail === undefined ? '' : `: ${missed.detail}`}`,
        hint: `bake region-config push ${image.name} --channel ${channel.name}`,
        site: `${account}/${region}` as const,
      };
    });
}

/** Throws `promotion-refused` with everything that is wrong. */
export function refuseProblems(
  promotions: readonly [Promotion, ...Promotion[]],
  problems: readonly PreflightProblem[],
): void {
  if (problems.length === 0) return;
  const names = promotions.map(({ image, version }) => `${image} ${version}`).join(', ');
  const are = promotions.length === 1 ? 'is' : 'are';
  const count = problems.length === 1 ? '1 thing stands' : `${problems.length} things stand`;
  throw new BakeError({
    code: 'promotion-refused',
    message: `${names} ${are} not promoted to ${promotions[0].channel.name}: ${count} in the way; nothing was changed`,
    details: problems.map(({ message, hint }) => `${message} → ${hint}`),
    hint: 'Put right what each line says, then run the same command again.',
    blame: 'user',
  });
}
