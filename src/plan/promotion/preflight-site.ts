import { type Sharing, targetId } from '../../model/channel.ts';
import { type Wanted, wantedId } from '../../model/promotion.ts';
import { takenNames } from './attempt.ts';
import { isKey } from './compare-traits.ts';
import type { PreflightFacts, PreflightProblem } from './preflight.ts';

/** What keeps an image from one site. */
export function problemsOfSite(wanted: Wanted, facts: PreflightFacts): readonly PreflightProblem[] {
  const where = { node: wanted.source.id, site: targetId(wanted.site) };
  return [...nameTaken(wanted, facts), ...keys(wanted, facts), ...publicEncrypted(wanted)].map((problem) => ({
    ...problem,
    ...where,
  }));
}

function nameTaken(wanted: Wanted, { looks }: PreflightFacts): readonly PreflightProblem[] {
  const there = looks.get(wantedId(wanted))?.there ?? [];
  return takenNames(wanted, wanted.copied ? there : []).map(({ imageId, name }) => ({
    code: 'name-taken',
    message: `${wantedId(wanted)}: ${imageId} has the name ${name} already and is no copy of ${wanted.source.ami.imageId}`,
    hint: `Is it still needed there? aws ec2 deregister-image --image-id ${imageId} --region ${wanted.site.region} makes room.`,
  }));
}

function keys(wanted: Wanted, { keyManagers, defaultKeys }: PreflightFacts): readonly PreflightProblem[] {
  const { kmsKey, site, sharing, source, copied } = wanted;
  const problems: PreflightProblem[] = [];
  const region = /^arn:[^:]*:kms:([^:]*):/.exec(kmsKey ?? '')?.[1];
  if (region !== undefined && region !== site.region) {
    problems.push({
      code: 'key-elsewhere',
      message: `${wantedId(wanted)}: key ${kmsKey} is of ${region}`,
      hint: `Give the target a key of ${site.region}: kmsKey.`,
    });
  }
  const used = source.ami.snapshots.filter(({ encrypted }) => encrypted);
  const withKey =
    kmsKey === undefined ||
    (used.length === source.ami.snapshots.length && used.every((one) => isKey(one.kmsKey, kmsKey)));
  if (!copied && !withKey) {
    problems.push({
      code: 'key-of-source',
      message: `${wantedId(wanted)}: the image itself serves there, and is not encrypted with ${kmsKey}`,
      hint: `Bake it with that key, rootVolume.kmsKey and that of its volumes, or take kmsKey from the target.`,
    });
  }
  const foreign = site.account !== source.ami.site.account;
  const aws = used.find((one) => keyManagers.get(one.kmsKey ?? '') === 'aws');
  if (aws !== undefined && (foreign || (!copied && isShared(sharing)))) {
    problems.push({
      code: 'key-of-aws',
      message: `${wantedId(wanted)}: ${aws.snapshotId} is encrypted with AWS's own key ${aws.kmsKey}, which no other account can use`,
      hint: `Bake it with a key of yours: images.${source.image}.rootVolume.kmsKey, and that of its volumes.`,
    });
  }
  const byDefault = defaultKeys.get(targetId(site));
  const encrypts = used.length > 0 || byDefault?.always === true;
  const manager = byDefault?.manager ?? (aws === undefined ? 'customer' : 'aws');
  if (copied && !foreign && isShared(sharing) && kmsKey === undefined && encrypts && manager === 'aws') {
    problems.push({
      code: 'key-of-aws',
      message: `${wantedId(wanted)}: the copy would be encrypted with AWS's own key of ${site.region}, which no other account can use`,
      hint: 'Give the target a key of yours: kmsKey.',
    });
  }
  return problems;
}

function publicEncrypted(wanted: Wanted): readonly PreflightProblem[] {
  const encrypted = wanted.kmsKey !== undefined || wanted.source.ami.snapshots.some((one) => one.encrypted);
  if (!wanted.sharing.public || !encrypted) return [];
  return [
    {
      code: 'public-and-encrypted',
      message: `${wantedId(wanted)}: an encrypted image cannot be public`,
      hint: `Take kmsKey and encryption away, or channels.${wanted.channel}.share.public.`,
    },
  ];
}

export const isShared = ({ accounts, organizations, organizationalUnits, public: all }: Sharing): boolean =>
  all || accounts.length + organizations.length + organizationalUnits.length > 0;
