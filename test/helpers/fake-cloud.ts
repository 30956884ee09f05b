import { parseBad } from '../../src/model/bad.ts';
import { BakeError } from '../../src/model/errors.ts';
import type { AmiId, Fingerprint } from '../../src/model/ids.ts';
import type { Tags } from '../../src/model/image.ts';
import { type KnownImage, newestFirst } from '../../src/model/known-image.ts';
import { parseAmiName } from '../../src/model/names.ts';
import { reservationOf } from '../../src/model/reservation.ts';
import { TAG } from '../../src/model/tags.ts';
import type { Builders, Images, Leftovers, Records } from '../../src/run/effects.ts';
import { amiId, fingerprint as fingerprintOf } from './builders.ts';

interface Ami {
  readonly imageId: AmiId;
  readonly name: string;
  readonly snapshotId: string;
  readonly createdAt: string;
  state: KnownImage['state'];
  imdsV2: boolean;
}

/** An EC2 in memory; `fake-cloud.md` says how it behaves. */
export class FakeCloud {
  /** `reserve bake/acme/…`, in the order of the calls. */
  readonly calls: string[] = [];
  readonly keyPairs = new Map<string, Tags>();
  private readonly keyTimes = new Map<string, string>();
  readonly securityGroups = new Map<string, { readonly name: string; readonly tags: Tags }>();
  readonly instances = new Map<
    string,
    { readonly tags: Tags; living: boolean; readonly late: boolean; endedBy?: string }
  >();
  /** Whether instances are listed only some time after their launch. */
  listsLate = false;
  readonly savedRecords = new Map<string, { readonly fingerprint: Fingerprint; readonly record: string }>();
  private readonly amis = new Map<string, Ami>();
  private readonly tagsOf = new Map<string, Tags>();
  private readonly hooks: { readonly call: string; readonly act: () => unknown }[] = [];
  private serial = 0;

  /** Does something just before the next call of this name. */
  before(call: string, act: () => unknown): void {
    this.hooks.push({ call, act });
  }

  /** The next call of this name throws. */
  failNext(call: string, code = 'aws-call-failed'): void {
    this.before(call, () => {
      throw new BakeError({ code, message: `${call} failed`, blame: 'cloud' });
    });
  }

  readonly images: Images = {
    list: async (project, image) => {
      await this.called('list', image === undefined ? project : `${project}/${image}`);
      const all = [...this.amis.values()].flatMap((ami) => this.known(project, ami) ?? []).sort(newestFirst);
      return all.filter((known) => image === undefined || known.image === image);
    },
    taggedVersions: async (project) => {
      await this.called('taggedVersions', project);
      const found = new Map<string, string[]>();
      for (const id of this.amis.keys()) {
        const { [TAG.project]: owner, [TAG.image]: image, [TAG.version]: version } = this.tags(id);
        if (owner !== project || image === undefined || version === undefined) continue;
        found.set(image, [...(found.get(image) ?? []), version]);
      }
      return found;
    },
    tag: async (ids, tags) => {
      await this.called('tag', Object.keys(tags).join());
      for (const id of ids) this.tagsOf.set(id, { ...this.tagsOf.get(id), ...tags });
    },
    untag: async (ids, keys) => {
      await this.called('untag', keys.join());
      for (const id of ids) {
        const left = Object.entries(this.tags(id)).filter(([key]) => !keys.includes(key));
        this.tagsOf.set(id, Object.fromEntries(left));
      }
    },
    requireImdsV2: async (imageId) => {
      await this.called('requireImdsV2', imageId);
      this.ami(imageId).imdsV2 = true;
    },
    snapshotsOf: async (imageId) => {
      await this.called('snapshotsOf', imageId);
      return [this.ami(imageId).snapshotId];
    },
  };

  readonly builders: Builders = {
    reserve: async (name, tags) => {
      await this.called('reserve', name);
      if (this.keyPairs.has(name)) return undefined;
      this.keyPairs.set(name, tags);
      this.keyTimes.set(name, new Date(Date.UTC(2026, 10, 20, 0, 0, this.keyTimes.size)).toISOString());
      return { id: `id of ${name}`, privateKey: `key of ${name}` };
    },
    reservations: async (project) => {
      await this.called('reservations', project);
      return [...this.keyPairs].flatMap(([name, tags]) => {
        const createdAt = this.keyTimes.get(name) ?? '2026-11-20T00:00:00.000Z';
        return reservationOf(project, { id: `id of ${name}`, name, createdAt, tags }) ?? [];
      });
    },
    renew: async (ids, tags) => {
      await this.called('renew', ids.join());
      for (const id of ids) {
        const name = id.replace('id of ', '');
        const before = this.keyPairs.get(name);
        if (before === undefined)
          throw new BakeError({ code: 'aws-call-failed', message: `no ${name}`, blame: 'cloud' });
        this.keyPairs.set(name, { ...before, ...tags });
      }
    },
    release: async (name) => {
      await this.called('release', name);
      this.keyPairs.delete(name);
    },
    endOf: async (owner) => {
      await this.called('endOf', owner.run);
      return [...this.instances.values()].filter(({ tags }) => isOf(tags, owner)).at(-1)?.endedBy;
    },
    createSecurityGroup: async ({ name, tags }) => {
      await this.called('createSecurityGroup', name);
      const id = `sg-${this.next()}`;
      this.securityGroups.set(id, { name, tags });
      return id;
    },
    instancesOf: async (owner) => {
      await this.called('instancesOf', owner.run);
      const living = [...this.instances].filter(([, { tags, living }]) => living && isOf(tags, owner));
      return living.map(([instanceId]) => ({ instanceId, address: '127.77.0.1' }));
    },
    removeLeftovers: async (leftovers) => {
      await this.called('removeLeftovers', leftovers.amiName ?? 'finished');
      return this.remove(leftovers);
    },
  };

  readonly records: Records = {
    save: async (imageId, fingerprint, record) => {
      await this.called('save', imageId);
      this.savedRecords.set(imageId, { fingerprint, record });
    },
    read: async () => undefined,
    bakedWith: async () => undefined,
  };

  /** What Packer does first. */
  launch(tags: Tags): string {
    const id = `i-${this.next()}`;
    this.instances.set(id, { tags, living: true, late: this.listsLate });
    return id;
  }

  /** What Packer does last; EC2 refuses a name that is taken. */
  makeImage(name: string, tags: Tags = {}, state: KnownImage['state'] = 'available'): AmiId {
    if ([...this.amis.values()].some((ami) => ami.name === name)) throw new Error(`${name} is taken`);
    const n = this.next();
    const createdAt = new Date(Date.UTC(2026, 10, 20, 0, 0, n)).toISOString();
    const ami: Ami = { imageId: amiId(n), name, snapshotId: `snap-${n}`, createdAt, state, imdsV2: false };
    this.amis.set(ami.imageId, ami);
    for (const id of [ami.imageId, ami.snapshotId]) this.tagsOf.set(id, tags);
    return ami.imageId;
  }

  /** As somebody does who wants nobody to launch it. */
  disable(imageId: AmiId): void {
    this.ami(imageId).state = 'disabled';
  }

  /** An image that another run has finished. */
  makeFinishedImage(name: string, fingerprint: Fingerprint = fingerprintOf(name), tags: Tags = {}): AmiId {
    return this.makeImage(name, { ...tags, [TAG.fingerprint]: fingerprint });
  }

  tags(id: string): Tags {
    return this.tagsOf.get(id) ?? {};
  }

  requiresImdsV2(imageId: string): boolean {
    return this.ami(imageId).imdsV2;
  }

  /** Whatever would cost money or block a version, were the run over now. */
  get temporary(): readonly string[] {
    const unfinished = [...this.amis.values()].filter(({ imageId }) => !(TAG.fingerprint in this.tags(imageId)));
    const instances = [...this.instances].filter(([, { living }]) => living).map(([id]) => id);
    return [
      ...this.keyPairs.keys(),
      ...this.securityGroups.keys(),
      ...instances,
      ...unfinished.map(({ name }) => name),
    ];
  }

  private remove(leftovers: Leftovers): string[] {
    const removed: string[] = [];
    const { known } = leftovers;
    const lives = [...this.instances.values()].some(({ living, tags }) => living && isOf(tags, leftovers));
    if (known !== undefined && !lives) {
      if (this.securityGroups.delete(known.securityGroup)) removed.push(`security group ${known.securityGroup}`);
      if (this.keyPairs.delete(known.keyPair)) removed.push(`key pair ${known.keyPair}`);
      return removed;
    }
    for (const [id, instance] of this.instances) {
      if (!instance.living || !isOf(instance.tags, leftovers)) continue;
      if (instance.late && leftovers.launching !== true) continue;
      instance.living = false;
      removed.push(`instance ${id}`);
    }
    for (const { imageId, name, snapshotId } of [...this.amis.values()]) {
      if (name !== leftovers.amiName || TAG.fingerprint in this.tags(imageId)) continue;
      this.amis.delete(imageId);
      removed.push(`image ${imageId}`, `snapshot ${snapshotId}`);
    }
    for (const [id, { tags }] of this.securityGroups) {
      if (isOf(tags, leftovers) && this.securityGroups.delete(id)) removed.push(`security group ${id}`);
    }
    for (const [name, tags] of this.keyPairs) {
      if (leftovers.keepReservation) break;
      if (isOf(tags, leftovers) && this.keyPairs.delete(name)) removed.push(`key pair ${name}`);
    }
    return removed;
  }

  private known(project: string, { imageId, name, state, createdAt, snapshotId }: Ami): KnownImage | undefined {
    const parts = parseAmiName(project, name);
    if (parts === undefined) return undefined;
    const tags = this.tags(imageId);
    const bad = tags[TAG.bad];
    return {
      imageId,
      name,
      state,
      createdAt,
      ...parts,
      ...(tags[TAG.fingerprint] === undefined ? {} : { fingerprint: tags[TAG.fingerprint] as Fingerprint }),
      ...(tags[TAG.nonce] === undefined ? {} : { nonce: tags[TAG.nonce] }),
      ...(tags[TAG.sourceAmi] === undefined ? {} : { sourceAmi: tags[TAG.sourceAmi] as AmiId }),
      ...(tags[TAG.sourceName] === undefined ? {} : { sourceName: tags[TAG.sourceName] }),
      ...(tags[TAG.parentAmi] === undefined ? {} : { parentImageId: tags[TAG.parentAmi] as AmiId }),
      markedBad: TAG.bad in tags,
      ...(bad === undefined ? {} : { bad: parseBad(bad) }),
      snapshotIds: [snapshotId],
      rootDeviceName: '/dev/xvda',
      tags,
    };
  }

  private ami(imageId: string): Ami {
    const ami = this.amis.get(imageId);
    if (ami !== undefined) return ami;
    throw new BakeError({ code: 'image-not-found', message: `there is no image ${imageId}`, blame: 'user' });
  }

  private async called(call: string, what: string): Promise<void> {
    // A turn of the loop, so that calls at once really interleave.
    await Promise.resolve();
    this.calls.push(`${call} ${what}`);
    const at = this.hooks.findIndex((hook) => hook.call === call);
    if (at !== -1) await this.hooks.splice(at, 1)[0]?.act();
  }

  private next(): number {
    this.serial += 1;
    return this.serial + 100;
  }
}

function isOf(tags: Tags, { run, image, architecture }: Pick<Leftovers, 'run' | 'image' | 'architecture'>): boolean {
  return tags[TAG.run] === run && tags[TAG.image] === image && tags[TAG.architecture] === architecture;
}
