import { createHash } from 'node:crypto';
import { NOT_SHARED, type ResolvedTarget, type Sharing, targetId } from '../../src/model/channel.ts';
import type { BakeEvent } from '../../src/model/events.ts';
import type { ObservedImage, ObservedSnapshot, PointerState, Site } from '../../src/model/promotion.ts';
import type { PromoteEffects } from '../../src/run/promote/effects.ts';
import type {
  ChannelStates,
  KeyGrants,
  KeyUse,
  Lease,
  Pointers,
  SiteImages,
  TemplateChange,
} from '../../src/run/promote-effects.ts';
import { type FakeWorld, refused, type Template } from './fake-world.ts';

export interface Call {
  /** From 1, of one process. */
  readonly number: number;
  /** Counts mutating ones alone; 0 for those that read. */
  readonly mutation: number;
  readonly where: string;
  readonly operation: string;
}

export type Hook = (call: Call, phase: 'before' | 'after', process: FakeProcess) => void;

/** One run of a command in that world. */
export class FakeProcess {
  readonly calls: Call[] = [];
  readonly events: BakeEvent[] = [];
  readonly abort = new AbortController();
  private readonly world: FakeWorld;
  private readonly hook: Hook;
  private readonly lease: number;
  private mutations = 0;
  private killed = false;

  constructor(
    world: FakeWorld,
    { hook = () => {}, lease = 0 }: { readonly hook?: Hook; readonly lease?: number } = {},
  ) {
    this.world = world;
    this.hook = hook;
    this.lease = lease;
  }

  kill(): never {
    this.killed = true;
    throw refused('killed', 'killed');
  }

  get effects(): PromoteEffects {
    return {
      images: (site) => this.images(site),
      keyGrants: (site) => this.keyGrants(site),
      pointers: (target) => this.pointers(target),
      states: this.states(),
      lease: this.lease === 0 ? undefined : this.held(),
      clock: this.world.clock,
      emit: (event) => this.events.push(event),
      signal: this.abort.signal,
      pollSeconds: 5,
    };
  }

  private async call<T>(where: string, operation: string, kind: 'reads' | 'mutates', act: () => T): Promise<T> {
    this.world.clock.touch();
    await Promise.resolve();
    if (this.killed) throw refused('killed', 'killed');
    if (kind === 'mutates') this.mutations++;
    const mutation = kind === 'mutates' ? this.mutations : 0;
    const call: Call = { number: this.calls.length + 1, mutation, where, operation };
    this.calls.push(call);
    this.hook(call, 'before', this);
    const answer = act();
    this.hook(call, 'after', this);
    return answer;
  }

  private images(site: Site): SiteImages {
    const { world } = this;
    const where = targetId(site);
    const here = () => world.images.filter(({ image }) => targetId(image.site) === where);
    const list = (wanted: (image: ObservedImage) => boolean) =>
      here().flatMap((stored) => {
        const image = world.shown(stored);
        return image !== undefined && wanted(image) ? [withoutPermissions(image)] : [];
      });
    const mutates = (operation: string, act: () => void) => this.call(where, operation, 'mutates', act);
    const own = (imageId: string): string => {
      if (targetId(world.stored(imageId).image.site) !== where)
        throw refused('image-not-found', `${imageId} is not of ${where}`);
      return imageId;
    };
    const ownerOf = (resource: string): string => {
      const found = here().find(
        ({ image }) => image.imageId === resource || image.snapshots.some((one) => one.snapshotId === resource),
      );
      if (found === undefined) throw refused('aws-call-failed', `no ${resource} in ${where}`);
      return found.image.imageId;
    };
    const onSnapshot = (snapshotId: string, how: (snapshot: ObservedSnapshot) => ObservedSnapshot) =>
      world.change(ownerOf(snapshotId), (image) => ({
        ...image,
        snapshots: image.snapshots.map((one) => (one.snapshotId === snapshotId ? how(one) : one)),
      }));
    const retag = (resource: string, how: (tags: ObservedImage['tags']) => ObservedImage['tags']) =>
      resource.startsWith('snap-')
        ? onSnapshot(resource, (one) => ({ ...one, tags: how(one.tags) }))
        : world.change(ownerOf(resource), (image) => ({ ...image, tags: how(image.tags) }));
    return {
      site,
      find: ({ copiesOf, names, imageIds }) =>
        this.call(where, 'find', 'reads', () =>
          list(
            ({ copyOf, name, imageId }) =>
              imageIds.includes(imageId) ||
              (copyOf !== undefined && copiesOf.includes(copyOf.imageId)) ||
              names.includes(name.replace(/@\d+$/, '')),
          ),
        ),
      withPermissions: (image) =>
        this.call(where, 'withPermissions', 'reads', () => world.shown(world.stored(own(image.imageId))) ?? image),
      states: (imageIds) =>
        this.call(where, 'states', 'reads', () => list(({ imageId }) => imageIds.includes(imageId))),
      isGone: (imageId) =>
        this.call(where, 'isGone', 'reads', () => !world.images.some(({ image }) => image.imageId === imageId)),
      copy: (request) => this.call(where, 'copy', 'mutates', () => world.copy(site, request)),
      tag: (resources, tags) =>
        mutates('tag', () => {
          for (const resource of resources) retag(resource, (has) => ({ ...has, ...tags }));
        }),
      untag: (resources, keys) =>
        mutates('untag', () => {
          const without = (has: ObservedImage['tags']) =>
            Object.fromEntries(Object.entries(has).filter(([key]) => !keys.includes(key)));
          for (const resource of resources) retag(resource, without);
        }),
      addLaunchPermissions: (imageId, add) =>
        mutates('addLaunchPermissions', () => {
          world.change(own(imageId), (image) => ({ ...image, launchPermissions: union(image.launchPermissions, add) }));
        }),
      removeLaunchPermissions: (imageId, { accounts }) =>
        mutates('removeLaunchPermissions', () => {
          world.change(own(imageId), (image) => {
            const has = image.launchPermissions ?? NOT_SHARED;
            const left = has.accounts.filter((account) => !accounts.includes(account));
            return { ...image, launchPermissions: { ...has, accounts: left } };
          });
          world.checkReaders(imageId);
        }),
      addVolumePermissions: (snapshotId, accounts) =>
        mutates('addVolumePermissions', () =>
          onSnapshot(snapshotId, (one) => {
            const has = one.volumePermissions?.accounts ?? [];
            return { ...one, volumePermissions: { accounts: both(has, accounts), public: false } };
          }),
        ),
      removeVolumePermissions: (snapshotId, accounts) =>
        mutates('removeVolumePermissions', () => {
          onSnapshot(snapshotId, (one) => {
            const left = (one.volumePermissions?.accounts ?? []).filter((account) => !accounts.includes(account));
            return { ...one, volumePermissions: { accounts: left, public: false } };
          });
          world.checkReaders(ownerOf(snapshotId));
        }),
      deprecate: (imageId, at) =>
        mutates('deprecate', () => {
          if (Date.parse(at) <= world.clock.now().getTime()) throw refused('aws-call-failed', 'the date is past');
          const deprecateAt = new Date(Math.ceil(Date.parse(at) / 60_000) * 60_000).toISOString();
          world.change(own(imageId), (image) => ({ ...image, deprecateAt }));
        }),
      protect: (imageId, deregistrationProtection) =>
        mutates('protect', () => world.change(own(imageId), (image) => ({ ...image, deregistrationProtection }))),
      removeFailed: ({ imageId }) => mutates('removeFailed', () => world.remove(imageId)),
    };
  }

  private keyGrants(site: Site): KeyGrants {
    const { world } = this;
    const mutates = (operation: string, act: () => void) => this.call(targetId(site), operation, 'mutates', act);
    const id = ({ key, account, name }: KeyUse) => `${key} ${account} ${name}`;
    return {
      allow: (use) => mutates('allowKey', () => world.keyGrants.add(id(use))),
      end: (use) => mutates('endKey', () => world.endKeyUse(id(use))),
    };
  }

  private pointers(target: ResolvedTarget): Pointers {
    const { world } = this;
    const where = targetId(target);
    const key = (name: string): string => `${where} ${name}`;
    const reads = <T>(operation: string, act: () => T) => this.call(where, operation, 'reads', act);
    const mutates = (operation: string, act: () => void) => this.call(where, operation, 'mutates', act);
    const looked = (name: string, imageId: string): void => {
      if (!world.usable(target, imageId)) world.violations.push(`${key(name)} says ${imageId}, which is not ready`);
    };
    return {
      target,
      readParameter: (name) => reads('readParameter', () => world.parameters.get(key(name))),
      readParameters: (names) =>
        reads('readParameters', () => {
          const found = names.flatMap((name) => {
            const state = world.parameters.get(key(name));
            return state === undefined ? [] : [[name, state] as const];
          });
          return new Map(found);
        }),
      writeParameter: (name, imageId) =>
        mutates('writeParameter', () => {
          looked(name, imageId);
          if (!world.usable(target, imageId)) throw refused('pointer-not-accepted', `${imageId} is not taken`);
          world.parameters.set(key(name), { imageId, version: (world.parameters.get(key(name))?.version ?? 0) + 1 });
        }),
      removeParameter: (name) => mutates('removeParameter', () => world.parameters.delete(key(name))),
      readTemplate: (name) => reads('readTemplate', () => templateState(world.templates.get(key(name)))),
      writeTemplate: (name, change: TemplateChange) =>
        mutates('writeTemplate', () => {
          looked(name, change.imageId);
          const template = world.templates.get(key(name)) ?? { versions: [], default: 0 };
          world.templates.set(key(name), template);
          const version = { imageId: change.imageId, userData: digestOf(change.userData), token: change.clientToken };
          const known = template.versions.findIndex(({ token }) => token === version.token);
          if (known < 0) template.versions.push(version);
          template.default = known < 0 ? template.versions.length : known + 1;
        }),
      defaultTemplate: (name, version) =>
        mutates('defaultTemplate', () => {
          const template = world.templates.get(key(name));
          if (template?.versions[version - 1] === undefined) throw refused('aws-call-failed', 'no such version');
          template.default = version;
        }),
      removeTemplate: (name) => mutates('removeTemplate', () => world.templates.delete(key(name))),
      visible: (imageId) =>
        reads('visible', () =>
          world.usable(target, imageId) ? { state: world.truth(world.stored(imageId)).state } : undefined,
        ),
    };
  }

  private states(): ChannelStates {
    const { states } = this.world;
    return {
      read: (channel, image) => this.call('bucket', 'readState', 'reads', () => states.get(`${channel} ${image}`)),
      write: (state, etag) =>
        this.call('bucket', 'writeState', 'mutates', () => {
          const key = `${state.channel} ${state.image}`;
          if (states.get(key)?.etag !== etag) return false;
          states.set(key, { state, etag: `${Number(etag ?? 0) + 1}` });
          return true;
        }),
    };
  }

  /** Whoever took it last holds it. */
  private held(): Lease {
    return {
      signal: new AbortController().signal,
      require: async () => {
        if (this.world.leaseHolder !== this.lease) throw refused('lease-lost', 'somebody else holds the lease');
      },
      release: async () => {},
    };
  }
}

const digestOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function withoutPermissions({ launchPermissions: _, ...image }: ObservedImage): ObservedImage {
  return { ...image, snapshots: image.snapshots.map(({ volumePermissions: __, ...snapshot }) => snapshot) };
}

function templateState(template: Template | undefined): PointerState | undefined {
  const version = template?.versions[template.default - 1];
  if (template === undefined || version === undefined) return undefined;
  return { imageId: version.imageId, version: template.default, userData: version.userData };
}

const both = <T>(a: readonly T[], b: readonly T[]): readonly T[] => [...new Set([...a, ...b])];

function union(has: Sharing = NOT_SHARED, add: Sharing): Sharing {
  return {
    accounts: both(has.accounts, add.accounts),
    organizations: both(has.organizations, add.organizations),
    organizationalUnits: both(has.organizationalUnits, add.organizationalUnits),
    public: has.public || add.public,
  };
}
