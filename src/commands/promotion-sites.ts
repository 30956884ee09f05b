import { createKeys } from '../aws/promotion/keys.ts';
import { createPreflight } from '../aws/promotion/preflight.ts';
import type { Sites } from '../aws/sites.ts';
import { mapBounded } from '../model/bounded.ts';
import { type TargetId, targetId } from '../model/channel.ts';
import { BakeError, type ErrorSummary, summarise } from '../model/errors.ts';
import { fillPointer } from '../model/pointer-names.ts';
import { type Site, type Wanted, wantedId } from '../model/promotion.ts';
import { TAG } from '../model/tags.ts';
import { servingAt } from '../plan/promotion/plan-site.ts';
import type { PreflightFacts, PreflightProblem } from '../plan/promotion/preflight.ts';
import { isShared } from '../plan/promotion/preflight-site.ts';
import type { SiteQuestions } from '../run/preflight-effects.ts';
import type { OpenChannel } from './open-promotion.ts';
import type { Beforehand } from './promotion-plan.ts';

/** Sites that are asked at a time. */
const MOST = 8;

/** What nothing tells before it is done: `ssm:PutParameter`, `SSM has no dry run`. */
export interface Unchecked {
  readonly where: TargetId;
  readonly check: string;
  readonly detail: string;
}

export interface Preflighted {
  readonly problems: readonly PreflightProblem[];
  readonly unchecked: readonly Unchecked[];
}

/** Regions, keys, and permissions, by calls that change nothing. */
export async function checkSites(open: OpenChannel, before: Beforehand): Promise<Preflighted> {
  const asks = createPreflight(open.sites, open.home.region, Date.now);
  const found = await mapBounded([...askedSites(open, before)], MOST, async ([where, asked]) => {
    const { site, error } = asked;
    try {
      // Of one that could not be looked at, only whether it is a region of the account.
      const checks = await asks.check(site, error === undefined ? questionsOf(asked) : NOTHING);
      const refused = checks.filter(({ status }) => status === 'refused');
      const problems = refused.flatMap(({ check, detail }) => siteProblem(where, check, detail));
      if (problems.length === 0 && error !== undefined) problems.push(...whenOfUser(where, error));
      const unchecked = checks.filter(({ status }) => status === 'unchecked');
      return { problems, unchecked: unchecked.map(({ check, detail }) => ({ where, check, detail })) };
    } catch (thrown) {
      // A region that is down does not keep the others from their work; who is refused has to be told before it begins.
      if (!(thrown instanceof BakeError)) throw thrown;
      return { problems: whenOfUser(where, summarise(thrown)), unchecked: [] };
    }
  });
  return {
    problems: found.flatMap(({ problems }) => problems),
    unchecked: found.flatMap(({ unchecked }) => unchecked),
  };
}

const NOTHING: SiteQuestions = {
  kmsKeys: [],
  shares: 'no',
  deprecates: false,
  parameters: false,
  launchTemplates: [],
};

interface Asked {
  readonly site: Site;
  /** Images that are brought there. */
  readonly wanted: Wanted[];
  present?: NonNullable<SiteQuestions['present']>;
  copies?: NonNullable<SiteQuestions['copies']>;
  /** Other accounts get permissions on what is there. */
  grants: boolean;
  parameters: boolean;
  launchTemplates: SiteQuestions['launchTemplates'];
  /** It could not be looked at. */
  error?: ErrorSummary;
}

/** Where images are brought to, where pointers are, and where the image was baked. */
function askedSites(
  { channel, config, home }: OpenChannel,
  { promotions, looks, unseen }: Beforehand,
): ReadonlyMap<TargetId, Asked> {
  const wanted = promotions.flatMap((one) => one.wanted);
  const [{ targets }] = promotions;
  const sites = new Map<TargetId, Asked>();
  const at = ({ account, region }: Site): Asked => {
    const id = targetId({ account, region });
    const asked = sites.get(id) ?? { site: { account, region }, ...nothingAsked() };
    sites.set(id, asked);
    return asked;
  };
  for (const one of wanted) {
    const asked = at(one.site);
    asked.wanted.push(one);
    const error = unseen.get(wantedId(one));
    if (error !== undefined) asked.error ??= error;
    const look = looks.get(wantedId(one));
    const serves = look && servingAt(one, look);
    if (serves?.state === 'available') asked.present ??= presentOf(serves);
    if (serves !== undefined || look === undefined) continue;
    asked.copies ??= { source: one.source.ami.imageId, region: one.source.ami.site.region };
    if (one.site.account !== home.account) at(home).grants = true;
  }
  const [source] = wanted;
  if (source?.source.ami.state === 'available') at(home).present ??= presentOf(source.source.ami);
  const { parameter, launchTemplate } = channel.pointers;
  for (const target of targets) {
    if (parameter === undefined && launchTemplate === undefined) break;
    const asked = at(target);
    asked.parameters = parameter !== undefined;
    if (launchTemplate === undefined) continue;
    const { account, region } = target;
    const place = { project: config.project, channel: channel.name, account, region };
    const names = wanted.map(({ source: { image, architecture: arch } }) =>
      fillPointer(launchTemplate, { ...place, image, arch }),
    );
    const tags = { [TAG.project]: config.project };
    asked.launchTemplates = [...new Set(names)].map((name) => ({ name, tags }));
  }
  return sites;
}

const nothingAsked = (): Omit<Asked, 'site'> => ({ wanted: [], grants: false, parameters: false, launchTemplates: [] });

function presentOf({ imageId, snapshots: [first] }: Wanted['source']['ami']): NonNullable<SiteQuestions['present']> {
  return { imageId, ...(first === undefined ? {} : { snapshotId: first.snapshotId }) };
}

function questionsOf({ wanted, present, copies, grants, parameters, launchTemplates }: Asked): SiteQuestions {
  const everybody = wanted.some(({ sharing }) => sharing.public);
  const some = grants || wanted.some(({ sharing }) => isShared(sharing));
  return {
    ...(copies === undefined ? {} : { copies }),
    kmsKeys: [...new Set(wanted.flatMap(({ kmsKey }) => kmsKey ?? []))],
    ...(present === undefined ? {} : { present }),
    shares: everybody ? 'with-everybody' : some ? 'with-some' : 'no',
    deprecates: wanted.some(({ deprecateAt }) => deprecateAt !== undefined),
    parameters,
    launchTemplates,
  };
}

/** By how the name of the check starts; the last one is all others. */
const REFUSALS: readonly { readonly start: string; readonly code: string; readonly hint: string }[] = [
  {
    start: 'key ',
    code: 'key-not-usable',
    hint: 'Correct the key of the target in the configuration, or create it there.',
  },
  {
    start: 'region',
    code: 'region-not-enabled',
    hint: 'Enable the region for the account, or take it out of the channel.',
  },
  {
    start: 'block public access',
    code: 'public-access-blocked',
    hint: 'Take share.public out of the channel, or aws ec2 disable-image-block-public-access in that region.',
  },
  { start: '', code: 'permission-missing', hint: 'Give the role that permission, or name another role.' },
];

function siteProblem(site: TargetId, check: string, detail: string): readonly PreflightProblem[] {
  const refusals = REFUSALS.filter(({ start }) => check.startsWith(start));
  return refusals.slice(0, 1).map(({ code, hint }) => ({ code, message: `${site}: ${check}: ${detail}`, hint, site }));
}

/** What the cloud is to blame for may be over when it is that site's turn. */
function whenOfUser(site: TargetId, { code, message, hint, blame, details = [] }: ErrorSummary): PreflightProblem[] {
  if (blame !== 'user') return [];
  const said = details.length === 0 ? '' : ` (${details.join('; ')})`;
  return [{ code, message: `${site}: ${message}${said}`, hint: hint ?? 'Look at the account and the region.', site }];
}

/** Of sites whose copies others are to use, and that no key is named for. */
export async function defaultKeys(
  wanted: readonly Wanted[],
  sites: Pick<Sites, 'at'>,
): Promise<PreflightFacts['defaultKeys']> {
  const asking = new Map(
    wanted
      .filter(({ copied, kmsKey, sharing }) => copied && kmsKey === undefined && isShared(sharing))
      .map(({ site }) => [targetId(site), site] as const),
  );
  const found = await mapBounded([...asking], MOST, async ([id, site]) => {
    try {
      const keys = createKeys(sites.at(site));
      const { always, key } = await keys.defaults();
      const aws = key === 'alias/aws/ebs' || (await keys.describe(key))?.manager === 'AWS';
      return [[id, { always, manager: aws ? 'aws' : 'customer' } as const] as const];
    } catch (error) {
      // It is no more than not known.
      if (error instanceof BakeError) return [];
      throw error;
    }
  });
  return new Map(found.flat());
}
