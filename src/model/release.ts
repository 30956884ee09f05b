import type { SourceAmi } from './image.ts';

/** Distribution releases that the contract knows, in the words of source aliases. `al2` has no alias of its own. */
export const RELEASES = ['debian:12', 'debian:13', 'ubuntu:22.04', 'ubuntu:24.04', 'al2023', 'al2', 'rhel:9'] as const;
export type Release = (typeof RELEASES)[number];

const NAME_HINTS: readonly (readonly [RegExp, Release])[] = [
  [/debian-12/, 'debian:12'],
  [/debian-13/, 'debian:13'],
  [/ubuntu.*22\.04/, 'ubuntu:22.04'],
  [/ubuntu.*24\.04/, 'ubuntu:24.04'],
  [/^al2023|amazon-linux-latest\/al2023/, 'al2023'],
  [/^amzn2-|amazon-linux-latest\/amzn2/, 'al2'],
  [/^RHEL-9/, 'rhel:9'],
];

/** What a source AMI runs, as far as its alias, its name or its parameter says so. */
export function releaseOf(source: SourceAmi): Release | undefined {
  switch (source.by) {
    case 'alias':
      return RELEASES.find((release) => release === source.alias);
    case 'parameter':
      return releaseNamed(source.parameter);
    case 'filter':
      return releaseNamed(source.name);
    case 'id':
      return undefined;
  }
}

/** What the name of an AMI, or of a parameter, says that it runs. */
export const releaseNamed = (name: string): Release | undefined => NAME_HINTS.find(([hint]) => hint.test(name))?.[1];
