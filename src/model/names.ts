import {
  type Architecture,
  type ImageName,
  type ProjectName,
  parseImageName,
  parseVersion,
  type RunId,
  type Version,
} from './ids.ts';

/** `<project>/<image>/<version>-<arch>`; at most 32 + 32 + 48 + 7 + 2 of EC2's 128 characters. */
export function amiName(project: ProjectName, image: ImageName, version: Version, architecture: Architecture): string {
  return `${project}/${image}/${version}-${architecture}`;
}

export interface AmiNameParts {
  readonly image: ImageName;
  readonly version: Version;
  readonly architecture: Architecture;
}

/** The reverse of `amiName`; undefined for a name that is not of this project. */
export function parseAmiName(project: string, name: string): AmiNameParts | undefined {
  const match = /^([^/]+)\/([^/]+)\/([^/]+)-(x86_64|arm64)$/.exec(name);
  if (match === null || match[1] !== project) return undefined;
  const image = parseImageName(match[2] ?? '');
  const version = parseVersion(match[3] ?? '');
  if (image === undefined || version === undefined) return undefined;
  return { image, version, architecture: match[4] as Architecture };
}

/** EC2 refuses a second key pair of one name atomically: that makes this name the reservation of the version. */
export function keyPairName(
  project: ProjectName,
  image: ImageName,
  version: Version,
  architecture: Architecture,
): string {
  return `bake/${amiName(project, image, version, architecture)}`;
}

/** The reverse of `keyPairName`. */
export function parseKeyPairName(project: string, name: string): AmiNameParts | undefined {
  return name.startsWith('bake/') ? parseAmiName(project, name.slice('bake/'.length)) : undefined;
}

/** Unique per bake, so that two runs never share or delete one another's group. */
export function securityGroupName(
  project: ProjectName,
  image: ImageName,
  architecture: Architecture,
  run: RunId,
): string {
  return `bake/${project}/${image}/${architecture}/${run}`;
}
