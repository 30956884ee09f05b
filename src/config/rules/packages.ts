import { type Release, releaseNamed, releaseOf } from '../../model/release.ts';
import type { RuleContext } from '../rules.ts';
import type { WrittenSource } from '../schema.ts';

/** What there is to pin on a distribution release; undefined: nothing. */
const PINNED_BY: Readonly<Record<Release, 'release' | 'snapshot' | undefined>> = {
  'debian:12': 'snapshot',
  'debian:13': 'snapshot',
  'ubuntu:22.04': 'snapshot',
  'ubuntu:24.04': 'snapshot',
  al2023: 'release',
  al2: 'release',
  'rhel:9': undefined,
};

const EXAMPLE = { release: "release: '2023.6.20250101'", snapshot: "snapshot: '20261101T000000Z'" } as const;

/** `2023.6.20250101`: dnf takes `latest` and `2023` as well, which lock nothing. */
const AL2023_RELEASE = /^2023\.\d+\.\d{8}$/;

export function packagesFormRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { packages: own }] of Object.entries(written.images)) {
    const pin = inherited.get(name)?.packages;
    if (own === undefined || pin === undefined) continue;
    const path = ['images', name, 'packages'];
    if ((pin.release === undefined) === (pin.snapshot === undefined)) {
      report(path, 'needs one of release (Amazon Linux) and snapshot (Debian and Ubuntu), and not both');
    } else if (pin.mirror !== undefined && pin.snapshot === undefined) {
      report([...path, 'mirror'], 'is only there for a snapshot: Amazon Linux chooses the mirrors of a release itself');
    }
  }
}

/** What is pinned has to fit the distribution of the source AMI, as far as the configuration tells it. */
export function packagesReleaseRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { packages: own }] of Object.entries(written.images)) {
    const image = inherited.get(name);
    const release = releaseOfSource(image?.source);
    if (own === undefined || image?.packages === undefined || release === undefined) continue;
    const path = ['images', name, 'packages'];
    const by = PINNED_BY[release];
    if (by === undefined) report(path, `cannot be pinned on ${release}, whose archive has no such thing`);
    else if (image.packages[by === 'release' ? 'snapshot' : 'release'] !== undefined) {
      report(path, `is not how ${release} is pinned; write { ${EXAMPLE[by]} }`);
    } else if (release === 'al2023' && !AL2023_RELEASE.test(image.packages.release ?? '')) {
      report(
        [...path, 'release'],
        `${image.packages.release} is not a release of al2023; they are named like 2023.6.20250101`,
      );
    }
  }
}

/** Packages of the parent would be newer than anything that the child's archive has, and their dependents missing. */
export function packageOrderRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { parent, packages: own }] of Object.entries(written.images)) {
    const before = parent === undefined ? undefined : inherited.get(parent)?.packages;
    for (const key of ['release', 'snapshot'] as const) {
      const [above, here] = [before?.[key], own?.[key]];
      if (above === undefined || here === undefined || !isOlder(here, above)) continue;
      report(['images', name, 'packages', key], `${here} is older than ${above} of its parent ${parent}`);
    }
  }
}

/** Both are written so that their numbers, from left to right, tell the order. */
function isOlder(a: string, b: string): boolean {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const differing = left.findIndex((number, index) => number !== right[index]);
  return differing !== -1 && (left[differing] ?? 0) < (right[differing] ?? 0);
}

const numbersOf = (text: string) => text.split(/\D+/).map(Number);

function releaseOfSource(source: WrittenSource | undefined): Release | undefined {
  if (source === undefined) return undefined;
  if (typeof source === 'string') return releaseOf({ by: 'alias', alias: source });
  return releaseNamed(source.name ?? source.parameter ?? '');
}
