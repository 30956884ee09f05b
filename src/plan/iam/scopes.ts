import type { Channel, Target } from '../../model/channel.ts';
import type { AccountId, ChannelName, Region } from '../../model/ids.ts';
import { type Config, type Image, instanceProfileOf } from '../../model/image.ts';
import { fillPointer } from '../../model/pointer-names.ts';
import { fillPattern } from '../../model/region-config.ts';
import { SOURCE_ALIASES } from '../../model/source-aliases.ts';
import type { Purpose } from './row.ts';
import type { BucketUse, KeyUse, Scope } from './scope.ts';
import { sortedSet } from './statement.ts';

export interface IamRequest {
  readonly config: Config;
  /** Whose policies: those asked for, or all. */
  readonly images: readonly Image[];
  /** That bakes; undefined: nobody said which. */
  readonly account: AccountId | undefined;
}

/** An account that images are brought to, and how; `own`: the one that bakes. */
export interface Place {
  readonly account: AccountId | 'own';
  readonly role: string | undefined;
  readonly targets: readonly ChannelTarget[];
}

export interface ChannelTarget {
  readonly channel: Channel;
  readonly target: Target;
}

/** The own account first, then the others in their order. */
export function placesOf({ config, account }: IamRequest): readonly [Place, ...Place[]] {
  const all = [...config.channels.values()].flatMap((channel) =>
    channel.targets.map((target) => ({ channel, target })),
  );
  const isOwn = ({ target }: ChannelTarget) => target.account === undefined || target.account === account;
  const others = new Map<AccountId, ChannelTarget[]>();
  for (const one of all.filter((target) => !isOwn(target))) {
    const { account: theirs } = one.target;
    if (theirs !== undefined) others.set(theirs, [...(others.get(theirs) ?? []), one]);
  }
  return [
    { account: 'own', role: undefined, targets: all.filter(isOwn) },
    ...[...others].map(([theirs, targets]) => {
      const role = targets.find(({ target }) => target.role !== undefined)?.target.role;
      return { account: theirs, role, targets };
    }),
  ];
}

/** What a role of that place works on when it does this. */
export function scopeOf(request: IamRequest, place: Place, purpose: Purpose): Scope {
  const { config, images } = request;
  const own = place.account === 'own';
  const account = own ? (request.account ?? '*') : place.account;
  const regions = sortedSet(regionsOf(request, place, purpose));
  const copies = place.targets.filter(({ target }) => own || target.mode === 'copy');
  const lent = placesOf(request).some(({ account: theirs, targets }) => theirs !== 'own' && targets.some(isCopy));
  return {
    project: config.project,
    account,
    partition: partitionOf(config.region),
    regions,
    looksAt: [config.region],
    vpcs: namesOf(images.map(({ build }) => build.network.vpc)),
    subnets: images.some(({ build }) => build.network.subnets.length === 0)
      ? []
      : sortedSet(images.flatMap(({ build }) => build.network.subnets)),
    profiles: profilesFor(images, purpose),
    sessionManager: images.some(({ build }) => build.communicator === 'session-manager'),
    sourceParameters: sourceParametersOf(images),
    ...secretsOf(images),
    artifactObjects: artifactObjectsOf(images),
    keys: [...(own ? volumeKeys(images) : []), ...copies.flatMap(({ target }) => keyOf(target))],
    lentKeys: own && lent ? volumeKeys(images) : [],
    ...(own ? stateOf(config, account) : { state: undefined, stateKeys: [] }),
    ...configsOf(request, place, purpose, account),
    parameters: parametersOf(request, place, account),
    launchTemplates: place.targets.some(({ channel }) => channel.pointers.launchTemplate !== undefined),
    roles: own ? sortedSet(placesOf(request).flatMap(({ role }) => role ?? [])) : [],
    ownsImages: own || copies.length > 0,
    shares: own && isShared(request),
  };
}

function regionsOf({ config, images }: IamRequest, { account, targets }: Place, purpose: Purpose): readonly Region[] {
  const there = targets.map(({ target }) => target.region);
  if (account !== 'own') return there;
  const homes = images.map(({ build }) => build.region);
  if (purpose === 'build') return homes;
  // A target that shares has a copy of ours in its region.
  const shared = [...config.channels.values()].flatMap((channel) =>
    channel.targets.filter(({ mode }) => mode === 'share').map((target) => target.region),
  );
  return [config.region, ...homes, ...there, ...shared];
}

/** `aws-cn` and `aws-us-gov` are worlds of their own. */
export const partitionOf = (region: Region): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';

/** Where one of them takes what there is, no list of names is all of it. */
const namesOf = (names: readonly (string | undefined)[]): readonly string[] =>
  names.some((name) => name === undefined) ? [] : sortedSet(names.flatMap((name) => name ?? []));

const isCopy = ({ target }: ChannelTarget): boolean => target.mode === 'copy';

function isShared(request: IamRequest): boolean {
  const { channels } = request.config;
  if (placesOf(request).length > 1) return true;
  return [...channels.values()].some(({ sharing }) => {
    const { accounts, organizations, organizationalUnits } = sharing;
    return sharing.public || [...accounts, ...organizations, ...organizationalUnits].length > 0;
  });
}

const volumeKeys = (images: readonly Image[]): readonly KeyUse[] =>
  images.flatMap(({ rootVolume, volumes = [], build: { region } }) =>
    [rootVolume, ...volumes].flatMap(({ kmsKey: key }) => (key === undefined ? [] : [{ key, region }])),
  );

const keyOf = ({ kmsKey: key, region }: Target): readonly KeyUse[] => (key === undefined ? [] : [{ key, region }]);

/** Builders have their own, machines on trial those of the instances that come after. */
function profilesFor(images: readonly Image[], purpose: Purpose): readonly string[] {
  const profile = (image: Image) => (purpose === 'try' ? instanceProfileOf(image) : image.build.instanceProfile);
  return sortedSet(images.flatMap((image) => profile(image) ?? []));
}

function secretsOf(images: readonly Image[]): Pick<Scope, 'secretParameters' | 'secretIds'> {
  const sources = images.flatMap(({ secrets = {} }) => Object.values(secrets));
  return {
    secretParameters: sortedSet(sources.flatMap((one) => ('parameter' in one ? [unslashed(one.parameter)] : []))),
    secretIds: sortedSet(sources.flatMap((one) => ('secretsManager' in one ? [one.secretsManager] : []))),
  };
}

const artifactObjectsOf = (images: readonly Image[]): Scope['artifactObjects'] =>
  images.flatMap(({ artifacts = [] }) => artifacts.flatMap(({ from }) => ('s3' in from ? [from.s3] : [])));

function sourceParametersOf(images: readonly Image[]): Scope['sourceParameters'] {
  const names = images.flatMap(({ origin, architectures }) => {
    if (origin.kind !== 'base') return [];
    const { source } = origin;
    if (source.by === 'parameter') return [source.parameter];
    const lookup = source.by === 'alias' ? SOURCE_ALIASES.get(source.alias)?.lookup : undefined;
    return lookup?.by === 'parameter' ? architectures.map((architecture) => lookup[architecture]) : [];
  });
  return sortedSet(names).map((name) => ({ name: unslashed(name), isPublic: name.startsWith('/aws/') }));
}

/** `parameter/acme/api`: ARNs have no slash where the name begins with one. */
const unslashed = (name: string): string => name.replace(/^\//, '');

function stateOf({ state }: Config, account: string): Pick<Scope, 'state' | 'stateKeys'> {
  if (state === undefined) return { state: undefined, stateKeys: [] };
  const { bucket, prefix, region, kmsKey: key } = state;
  return {
    state: { bucket: fillPattern(bucket, { region, account }), prefix },
    stateKeys: key === undefined ? [] : [{ key, region }],
  };
}

function configsOf({ config, images }: IamRequest, place: Place, purpose: Purpose, account: string) {
  const configs: BucketUse[] = [];
  const configKeys: KeyUse[] = [];
  const targets = place.targets.filter(({ channel }) => purpose !== 'promote' || channel.requires.regionConfig);
  // Without channels, instances are where images are baked.
  const where: readonly { readonly region: Region; readonly channel?: ChannelName }[] =
    config.channels.size === 0 && place.account === 'own'
      ? images.map(({ build }) => ({ region: build.region }))
      : targets.map(({ channel, target }) => ({ region: target.region, channel: channel.name }));
  for (const { regionConfig } of images) {
    if (regionConfig === undefined) continue;
    const { bucket, prefix, encryption } = regionConfig;
    for (const { region, channel } of where) {
      const values = { region, account, channel };
      configs.push({ bucket: fillPattern(bucket, values), prefix: `${fillPattern(prefix, values)}/` });
      const key =
        encryption.by === 'kms'
          ? encryption.key
          : encryption.by === 'kms-per-region'
            ? encryption.keys[region]
            : undefined;
      if (key !== undefined) configKeys.push({ region, key: fillPattern(key, values) });
    }
  }
  return { configs, configKeys };
}

/** Of all images by a pattern, so that a new image needs no new policy; of images that were named, those alone. */
function parametersOf({ config, images }: IamRequest, { targets }: Place, account: string): readonly string[] {
  const names = targets.flatMap(({ channel, target: { region } }) => {
    const { parameter } = channel.pointers;
    if (parameter === undefined) return [];
    const place = { project: config.project, channel: channel.name, region, account };
    const any = fillPointer(parameter.replaceAll('{arch}', '*'), { ...place, image: '*', arch: 'x86_64' });
    // Without words of its own at the front it would be every parameter of the account.
    if (images.length === config.images.size && !any.startsWith('*')) return [any];
    return images.flatMap(({ name: image, architectures }) =>
      architectures.map((arch) => fillPointer(parameter, { ...place, image, arch })),
    );
  });
  return sortedSet(names.map(unslashed));
}
