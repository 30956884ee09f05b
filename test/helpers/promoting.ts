import type { Channel, ResolvedTarget } from '../../src/model/channel.ts';
import type { AmiId, ImageName, ProjectName, RunId, Version } from '../../src/model/ids.ts';
import type { Source } from '../../src/model/promotion.ts';
import { lastingTags } from '../../src/model/status-tags.ts';
import { TAG } from '../../src/model/tags.ts';
import { wantedOf } from '../../src/plan/promotion/wanted.ts';
import { type Promoted, promote } from '../../src/run/promote/promote.ts';
import type { Promotion } from '../../src/run/promote/promotion.ts';
import { FakeProcess, type Hook } from './fake-process.ts';
import { FakeWorld } from './fake-world.ts';
import {
  ami,
  COPIER,
  channelOf,
  HOME,
  IRELAND,
  OWN,
  observed,
  SHARER,
  SYDNEY,
  sourceOf,
  TAGS,
  target,
} from './promotion.ts';

/** Three regions; one account has copies of its own, one shares ours. */
export const TARGETS: readonly ResolvedTarget[] = [HOME, IRELAND, SYDNEY].flatMap((region) => [
  target(COPIER, region),
  target(SHARER, region, 'share'),
]);

export const CHANNEL_WHOLE: Channel = channelOf({
  targets: TARGETS,
  pointers: { parameter: '/{project}/{channel}/{image}', launchTemplate: '{project}-{image}', files: [] },
  deprecateAfterDays: 90,
  deregistrationProtection: 'on',
});

const ENCRYPTED = { encrypted: true, kmsKey: `arn:aws:kms:${HOME}:${OWN}:key/images` };

/** Versions 1 and 2 of the same image, baked at home. */
export const versionOf = (number: number): Source => {
  const version = `${number}.0.0`;
  const tags = { ...TAGS, [TAG.version]: version, [TAG.fingerprint]: `${number}`.repeat(64), [TAG.tried]: 'x' };
  const [snapshot] = observed().snapshots;
  const image = observed({
    imageId: ami(number),
    name: `acme/api/${version}-x86_64`,
    tags,
    snapshots:
      snapshot === undefined
        ? []
        : [{ ...snapshot, ...ENCRYPTED, snapshotId: `snap-${number}`, tags: lastingTags(tags) }],
  });
  return { ...sourceOf(image), version: version as Version };
};

export function promotionOf(number: number, channel = CHANNEL_WHOLE, run = `run-${number}`): Promotion {
  const source = versionOf(number);
  return {
    project: 'acme' as ProjectName,
    channel,
    action: 'promote',
    image: 'api' as ImageName,
    version: source.version,
    targets: channel.targets as readonly ResolvedTarget[],
    wanted: wantedOf(channel, channel.targets as readonly ResolvedTarget[], [source]),
    template: { userData: Buffer.from('#cloud-config\n'), tags: { [TAG.project]: 'acme' } },
    by: `arn:aws:iam::${OWN}:role/ci`,
    run: run as RunId,
  };
}

export async function run(world: FakeWorld, promotion: Promotion, hook?: Hook, lease = 0) {
  const process = new FakeProcess(world, { ...(hook === undefined ? {} : { hook }), lease });
  // What was read of the source when the command began.
  const promoted: Promoted = await promote(observedNow(world, promotion), process.effects);
  return { process, promoted };
}

/** As a command reads it before it plans. */
export function observedNow(world: FakeWorld, promotion: Promotion): Promotion {
  const wanted = promotion.wanted.map((one) => {
    const image = world.truth(world.stored(one.source.ami.imageId));
    return { ...one, source: { ...one.source, ami: image } };
  });
  return { ...promotion, wanted };
}

let first: Promise<FakeWorld> | undefined;

/** Version 1 is in the channel everywhere, and version 2 is baked. */
export async function worldWithFirst(): Promise<FakeWorld> {
  first ??= firstPromoted();
  return (await first).clone();
}

async function firstPromoted(): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.add(versionOf(1).ami);
  world.add(versionOf(2).ami);
  const { promoted } = await run(world, promotionOf(1));
  if (promoted.error !== undefined) throw new Error(promoted.error.message);
  return world;
}

/** Everything that there is, without ids, times and, unless they count, versions of pointers. */
export function dump(world: FakeWorld, { versions = true } = {}) {
  const names = new Map<string, string>();
  const images = world.images
    .map((stored) => world.truth(stored))
    .toSorted((a, b) => (label(a) < label(b) ? -1 : 1))
    .map(({ imageId, createdAt, copyOf, snapshots, launchPermissions, ...image }) => {
      names.set(imageId, label(image));
      const permissions = launchPermissions && {
        ...launchPermissions,
        accounts: launchPermissions.accounts.toSorted(),
      };
      return {
        ...image,
        copyOf: copyOf?.imageId,
        launchPermissions: permissions,
        snapshots: snapshots.map(({ snapshotId, volumePermissions, ...snapshot }) => {
          return { ...snapshot, volumePermissions: volumePermissions?.accounts.toSorted() };
        }),
      };
    });
  const named = (imageId: string): string => names.get(imageId) ?? imageId;
  const parameters = [...world.parameters].map(([name, { imageId, version }]) => {
    return [name, named(imageId), ...(versions ? [version] : [])];
  });
  const templates = [...world.templates].map(([name, template]) => {
    const says = named(template.versions[template.default - 1]?.imageId ?? '');
    return [name, says, ...(versions ? [template.versions.length] : [])];
  });
  const states = [...world.states].map(([key, { state }]) => {
    return [
      key,
      state.moves.map(({ imageVersion, action, finished, amis }) => ({ imageVersion, action, finished, amis })),
    ];
  });
  const keys = [...world.keyGrants];
  return { images, keys, parameters: parameters.toSorted(), templates: templates.toSorted(), states };
}

const label = ({ site, name }: { readonly site: { account: string; region: string }; readonly name: string }): string =>
  `${site.account}/${site.region} ${name}`;

/** Versions that the pointers say, each once. */
export function pointedAt(world: FakeWorld): readonly string[] {
  const ids = [
    ...[...world.parameters.values()].map(({ imageId }) => imageId),
    ...[...world.templates.values()].map((template) => template.versions[template.default - 1]?.imageId ?? ''),
  ];
  return [...new Set(ids.map((id) => world.stored(id as AmiId).image.tags[TAG.version] ?? id))];
}
