import { targetId } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import type { AccountId, Region } from '../../model/ids.ts';
import type { Site } from '../../model/promotion.ts';
import type { Preflight, SiteCheck, SiteQuestions } from '../../run/preflight-effects.ts';
import { attemptingAt } from '../errors.ts';
import { DescribeRegionsCommand, type EC2Client, GetImageBlockPublicAccessStateCommand } from '../sdk/ec2.ts';
import type { SiteClients, Sites } from '../sites.ts';
import { createKeys } from './keys.ts';
import { tryCalls } from './probes.ts';
import { ok, refused, unchecked } from './site-check.ts';

/** `home`: a region that is enabled for every account, which is asked about the others. */
export function createPreflight(sites: Pick<Sites, 'at'>, home: Region, now: () => number): Preflight {
  const asked = new Map<AccountId, Promise<ReadonlyMap<string, string>>>();
  const regionsOf = (account: AccountId) => {
    const { site, ec2, connection } = sites.at({ account, region: home });
    const regions = asked.get(account) ?? attemptingAt(site, connection)('list the regions', () => regionStates(ec2));
    asked.set(account, regions);
    return regions;
  };
  return {
    check: async (site, questions) => {
      const region = regionCheck(site, await regionsOf(site.account));
      if (region.status === 'refused') return [region];
      const clients = sites.at(site);
      const [keys, calls, blocked] = await Promise.all([
        Promise.all(questions.kmsKeys.map((key) => keyCheck(clients, key))),
        tryCalls(clients, questions, now),
        questions.shares === 'with-everybody' ? publicCheck(clients) : [],
      ]);
      return [region, ...keys, ...calls, ...blocked, ...unknowable(questions)];
    },
  };
}

async function regionStates(client: EC2Client): Promise<ReadonlyMap<string, string>> {
  const { Regions = [] } = await client.send(new DescribeRegionsCommand({ AllRegions: true }));
  return new Map(Regions.map(({ RegionName = '', OptInStatus = '' }) => [RegionName, OptInStatus]));
}

/** `opt-in-not-required`, `opted-in` or `not-opted-in`. */
function regionCheck({ account, region }: Site, states: ReadonlyMap<string, string>): SiteCheck {
  const state = states.get(region);
  if (state === undefined) return refused('region', `there is no region ${region}`);
  if (state === 'not-opted-in') return refused('region', `${region} is not enabled for account ${account}`);
  return ok('region', state);
}

async function keyCheck(clients: SiteClients, key: string): Promise<SiteCheck> {
  const { region } = clients.site;
  const check = `key ${key}`;
  // arn:aws:kms:<region>:<account>:key/<id>
  const named = key.startsWith('arn:') ? key.split(':')[3] : region;
  if (named !== region) return refused(check, `it is a key of ${named}, and encrypts nothing in ${region}`);
  try {
    const found = await createKeys(clients).describe(key);
    if (found === undefined) return refused(check, `there is no such key in ${region}`);
    if (found.state !== 'Enabled') return refused(check, `it is ${found.state}, and not Enabled`);
    return ok(check, found.arn);
  } catch (error) {
    // Whoever copies with a key has to be allowed to describe it.
    if (!(error instanceof BakeError) || error.code !== 'access-denied') throw error;
    return refused(check, [error.message, ...error.details].join(': '));
  }
}

async function publicCheck({ site, ec2, connection }: SiteClients): Promise<readonly SiteCheck[]> {
  const { ImageBlockPublicAccessState: state = 'unblocked' } = await attemptingAt(site, connection)(
    'read whether images may be public',
    () => ec2.send(new GetImageBlockPublicAccessStateCommand({})),
  );
  const check = 'block public access';
  return [state === 'unblocked' ? ok(check, state) : refused(check, `it is ${state} in ${targetId(site)}`)];
}

function unknowable({ parameters, shares }: SiteQuestions): readonly SiteCheck[] {
  return [
    ...(parameters ? [unchecked('ssm:PutParameter', 'SSM has no dry run')] : []),
    ...(shares === 'no' ? [] : [unchecked('sharing quota', 'EC2 does not tell how much of it is used')]),
  ];
}
