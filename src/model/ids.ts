/** Branded ids. Each is minted by its parser only, so a value of the type has the right form. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type ProjectName = Branded<'ProjectName'>;
export type ImageName = Branded<'ImageName'>;
export type LayerName = Branded<'LayerName'>;
export type ChannelName = Branded<'ChannelName'>;
export type Region = Branded<'Region'>;
export type AccountId = Branded<'AccountId'>;
/** An AMI id, `ami-` and 8 or 17 hexadecimal digits. */
export type AmiId = Branded<'AmiId'>;
/** `2026.11.20.1`, `1.4.2`: part of the AMI name, so only characters that EC2 accepts there. */
export type Version = Branded<'Version'>;
/** Lower-case sha256, 64 hexadecimal digits. */
export type Digest = Branded<'Digest'>;
/** The digest of everything that decides an image. */
export type Fingerprint = Branded<'Fingerprint'>;
/** One run of one command: `20261120T131405-3f2a91`; sorts by time. */
export type RunId = Branded<'RunId'>;

export const ARCHITECTURES = ['x86_64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Names appear in AMI names, key pair names, tags and paths; the strictest of those decides. */
export const NAME_RULE = 'lower-case letters, digits and single hyphens, starting with a letter, at most 32 characters';
const NAME = /^(?=.{1,32}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;
const AMI_ID = /^ami-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
/** An AMI name is at most 128 characters: project (32) / image (32) / version - architecture (6). */
export const VERSION_RULE =
  'letters, digits, dots, underscores and hyphens, starting with a letter or digit, at most 48 characters';
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/;

export const parseProjectName = (text: string) => matching<ProjectName>(NAME, text);
export const parseImageName = (text: string) => matching<ImageName>(NAME, text);
export const parseLayerName = (text: string) => matching<LayerName>(NAME, text);
export const parseChannelName = (text: string) => matching<ChannelName>(NAME, text);
export const parseRegion = (text: string) => matching<Region>(REGION, text);
export const parseAccountId = (text: string) => matching<AccountId>(/^\d{12}$/, text);
export const parseAmiId = (text: string) => matching<AmiId>(AMI_ID, text);
export const parseVersion = (text: string) => matching<Version>(VERSION, text);
export const parseDigest = (text: string) => matching<Digest>(/^[0-9a-f]{64}$/, text);
export const parseRunId = (text: string) => matching<RunId>(/^\d{8}T\d{6}-[0-9a-f]{6}$/, text);
export const parseFingerprint = (text: string) => matching<Fingerprint>(/^[0-9a-f]{64}$/, text);

/** When it began, ISO 8601, UTC: its id says so. */
export const startOf = (run: RunId): string =>
  run.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)-.*$/, '$1-$2-$3T$4:$5:$6.000Z');

function matching<T extends string>(pattern: RegExp, text: string): T | undefined {
  return pattern.test(text) ? (text as T) : undefined;
}

/** `api/x86_64`: an image in one architecture, the node of the image graph. */
export type NodeId = `${string}/${Architecture}`;
export const nodeId = (image: ImageName, architecture: Architecture): NodeId => `${image}/${architecture}`;

/** `api/x86_64#1`: the first machine that a trial launches from that image. */
export type CloneId = `${NodeId}#${number}`;
export const cloneId = (node: NodeId, number: number): CloneId => `${node}#${number}`;
