import type { Source } from '../../model/promotion.ts';
import type { PreflightFacts, PreflightProblem } from './preflight.ts';

/** What keeps an image from every target. */
export function problemsOfSource(source: Source, facts: PreflightFacts): readonly PreflightProblem[] {
  const node = { node: source.id };
  return [...unfit(source), ...ofOthers(source, facts), ...marked(source, facts), ...required(source, facts)].map(
    (problem) => ({ ...problem, ...node }),
  );
}

const named = ({ image, version, architecture }: Source): string => `${image} ${version} (${architecture})`;

function unfit(source: Source): readonly PreflightProblem[] {
  const { state, imageId, traits } = source.ami;
  const problems: PreflightProblem[] = [];
  if (state !== 'available') {
    problems.push({
      code: 'source-not-available',
      message: `${named(source)}: ${imageId} is ${state}, not available`,
      hint: `Bake it again, or promote another version: bake list ${source.image}.`,
    });
  }
  if (traits.rootDeviceType !== 'ebs' || traits.virtualization !== 'hvm') {
    problems.push({
      code: 'source-not-copyable',
      message: `${named(source)}: ${imageId} is ${traits.rootDeviceType}/${traits.virtualization}; only EBS images with HVM are copied`,
      hint: 'Bake it from a source AMI with an EBS root and HVM.',
    });
  }
  return problems;
}

/** Whoever gets an image with product codes from another account can launch it with a subscription, and not copy it. */
function ofOthers(source: Source, { wanted }: PreflightFacts): readonly PreflightProblem[] {
  const { productCodes, site } = source.ami;
  const mine = wanted.filter((one) => one.source.id === source.id);
  const receives = mine.some((one) => {
    const { accounts, organizations, organizationalUnits, public: all } = one.sharing;
    return (
      one.site.account !== site.account ||
      all ||
      accounts.length + organizations.length + organizationalUnits.length > 0
    );
  });
  if (productCodes.length === 0 || !receives) return [];
  return [
    {
      code: 'product-codes',
      message: `${named(source)}: has product codes (${productCodes.join(', ')}), which other accounts cannot copy`,
      hint: 'Bake it in those accounts, from the same Marketplace source, or take them out of the channel.',
    },
  ];
}

function marked(source: Source, { bad }: PreflightFacts): readonly PreflightProblem[] {
  return (bad.get(source.id) ?? []).map(({ what, why }) => ({
    code: 'marked-bad',
    message: `${named(source)}: ${what} is marked bad: ${why}`,
    hint: `Bake ${source.image} again on a good parent, or take the mark back: bake mark … --good.`,
  }));
}

function required(source: Source, facts: PreflightFacts): readonly PreflightProblem[] {
  const { requires, name } = facts.channel;
  const { image, version } = source;
  const channels = requires.channels.flatMap((before): readonly PreflightProblem[] => {
    const held = facts.holds.get(before)?.get(image);
    if (held === version) return [];
    const instead = held === undefined ? 'holds none' : `holds ${held}`;
    return [
      {
        code: 'not-in-channel',
        message: `${image} ${version}: channel ${name} takes what ${before} holds, and ${before} ${instead}`,
        hint: `bake promote ${image}@${version} --to ${before}`,
      },
    ];
  });
  return [...channels, ...(requires.tried === undefined ? [] : triedEnough(source, facts, requires.tried.within))];
}

function triedEnough(source: Source, facts: PreflightFacts, within: number | undefined): readonly PreflightProblem[] {
  const tried = facts.tried.get(source.id);
  const because = (why: string): readonly PreflightProblem[] => [
    {
      code: 'not-tried',
      message: `${named(source)}: channel ${facts.channel.name} takes images that were tried: ${why}`,
      hint: `bake try ${source.image}@${source.version}`,
    },
  ];
  if (tried === undefined) return because('it never was');
  if (tried.result === 'failed') return because(`the last trial failed, ${tried.at}`);
  if (tried.userData !== facts.userData.get(source.image)) return because('it was tried with other user-data');
  const age = (facts.now.getTime() - Date.parse(tried.at)) / 1000;
  return within !== undefined && age > within ? because(`the last trial was too long ago, ${tried.at}`) : [];
}
