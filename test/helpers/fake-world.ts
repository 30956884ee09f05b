import { NOT_SHARED, type ResolvedTarget, type TargetId, targetId } from '../../src/model/channel.ts';
import { BakeError } from '../../src/model/errors.ts';
import type { AccountId, AmiId } from '../../src/model/ids.ts';
import type {
  ChannelState,
  CopyRequest,
  ObservedImage,
  ObservedSnapshot,
  PointerState,
  Site,
} from '../../src/model/promotion.ts';
import { ami } from './promotion.ts';
import { VirtualClock } from './virtual-clock.ts';

/*
 * How the fake world behaves: EC2, SSM and a state bucket for any number of accounts and regions, in memory.
 *
 * time         virtual: it goes on to the next sleeper once everything has come to rest
 * copy         takes `copySeconds`; `pending` until then. Needs what EC2 needs: of another account's image the launch
 *              permission and the volume permission of every snapshot, until it is there: taken away before, it fails.
 *              Of encrypted snapshots it needs a grant of their key as well. The same token resolves to the same AMI, also after that is gone; with another request it is refused. A
 *              name is taken by any AMI of the site that is not gone. More snapshots at a time than `copyQuota`: refused
 *              with `copy-quota`. Tags of the request are on the AMI and its snapshots at once. Nothing else is copied
 * failing copy `failNextCopy(site, message)`: ends `failed`, and its snapshot `error` with the message
 * shows late   with `lag`, an AMI is not listed, and a change of it does not show, for so many seconds
 * permissions  additive; only `withPermissions` shows them
 * deprecation  whole minutes, not of the past
 * parameter    takes only an AMI of its region that is available and visible to its account; else `pointer-not-accepted`
 * template     versions count up; the same token makes no second one
 * state        compare-and-swap by etag
 * lease        of the last that took it
 * pointers     each write is looked at: one that does not point at an AMI that is there, visible and tagged is a violation
 * calls        each process numbers its calls; a hook may throw before or after any of them. A process that is killed does
 *              nothing any more
 */

export interface Stored {
  image: ObservedImage;
  readonly readyAt: number;
  failure: string | undefined;
  /** What is shown for a while; undefined: nothing. */
  stale: { readonly until: number; readonly image: ObservedImage | undefined } | undefined;
}

export interface Template {
  readonly versions: { readonly imageId: string; readonly userData: string; readonly token: string }[];
  default: number;
}

export class FakeWorld {
  readonly clock: VirtualClock;
  readonly images: Stored[] = [];
  readonly parameters = new Map<string, PointerState>();
  readonly templates = new Map<string, Template>();
  readonly states = new Map<string, { state: ChannelState; etag: string }>();
  readonly violations: string[] = [];
  /** `<key> <account> <name>`. */
  readonly keyGrants = new Set<string>();
  copySeconds = 12;
  copyQuota = 20;
  lag = 0;
  leaseHolder = 0;
  readonly tokens = new Map<string, { readonly text: string; readonly imageId: AmiId }>();
  private readonly failing = new Map<TargetId, string[]>();
  private made = 1000;

  constructor(start?: Date) {
    this.clock = new VirtualClock(start?.getTime());
  }

  /** Another world that is as this one is now. */
  clone(): FakeWorld {
    const { copySeconds, copyQuota, lag, made } = this;
    const other = new FakeWorld(this.clock.now());
    Object.assign<FakeWorld, Partial<FakeWorld>>(other, { copySeconds, copyQuota, lag });
    other.made = made;
    other.images.push(...this.images.map((stored) => ({ ...stored })));
    for (const [name, state] of this.parameters) other.parameters.set(name, state);
    for (const [name, one] of this.templates) other.templates.set(name, { ...one, versions: [...one.versions] });
    for (const grant of this.keyGrants) other.keyGrants.add(grant);
    for (const [key, state] of this.states) other.states.set(key, state);
    for (const [token, known] of this.tokens) other.tokens.set(token, known);
    return other;
  }

  add(image: ObservedImage): void {
    this.images.push({ image, readyAt: 0, failure: undefined, stale: undefined });
  }

  failNextCopy(site: Site, message: string): void {
    this.failing.set(targetId(site), [...(this.failing.get(targetId(site)) ?? []), message]);
  }

  /** What is really there. */
  at(site: Site): readonly ObservedImage[] {
    return this.images.filter(({ image }) => targetId(image.site) === targetId(site)).map((one) => this.truth(one));
  }

  stored(imageId: string): Stored {
    const stored = this.images.find(({ image }) => image.imageId === imageId);
    if (stored === undefined) throw refused('image-not-found', `no image ${imageId}`);
    return stored;
  }

  truth({ image, readyAt, failure }: Stored): ObservedImage {
    if (this.clock.now().getTime() < readyAt) return image;
    if (image.state !== 'pending') return image;
    if (failure === undefined) return { ...image, state: 'available', snapshots: image.snapshots.map(completed) };
    const snapshots = image.snapshots.map((one) => ({ ...one, state: 'error', message: failure }));
    return { ...image, state: 'failed', reason: 'Copy image failed', snapshots };
  }

  /** As EC2 lists it now. */
  shown(stored: Stored): ObservedImage | undefined {
    const { stale } = stored;
    if (stale === undefined || this.clock.now().getTime() >= stale.until) return this.truth(stored);
    return stale.image;
  }

  change(imageId: string, how: (image: ObservedImage) => ObservedImage): void {
    const stored = this.stored(imageId);
    const after = how(this.truth(stored));
    if (JSON.stringify(after) === JSON.stringify(this.truth(stored))) return;
    this.delay(stored, this.shown(stored));
    stored.image = after;
  }

  copy(site: Site, request: CopyRequest): AmiId {
    const text = JSON.stringify({ site, ...request });
    const known = this.tokens.get(`${targetId(site)} ${request.clientToken}`);
    if (known !== undefined && known.text !== text) throw refused('aws-call-failed', 'IdempotentParameterMismatch');
    if (known !== undefined) return known.imageId;
    const source = this.stored(request.source);
    if (!this.mayCopy(source.image, site.account)) throw refused('access-denied', `${site.account} may not copy it`);
    if (this.at(site).some(({ name }) => name === request.name))
      throw refused('aws-call-failed', 'InvalidAMIName.Duplicate');
    const busy = this.at(site)
      .filter(({ state }) => state === 'pending')
      .flatMap(({ snapshots }) => snapshots).length;
    const { snapshots } = source.image;
    if (busy + snapshots.length > this.copyQuota) throw refused('copy-quota', 'too many copies');
    const imageId = ami(this.made++);
    const { tags, name } = request;
    const { launchPermissions: _, deprecateAt: __, ...image } = source.image;
    const stored: Stored = {
      image: {
        ...image,
        imageId,
        site,
        name,
        state: 'pending',
        createdAt: this.clock.now().toISOString(),
        copyOf: { imageId: request.source, region: source.image.site.region },
        tags,
        snapshots: snapshots.map((one, place) => copiedSnapshot(one, `snap-${imageId}-${place}`, request)),
        launchPermissions: NOT_SHARED,
        deregistrationProtection: 'off',
      },
      readyAt: this.clock.now().getTime() + this.copySeconds * 1000,
      failure: this.failing.get(targetId(site))?.shift(),
      stale: undefined,
    };
    this.delay(stored, undefined);
    this.images.push(stored);
    this.tokens.set(`${targetId(site)} ${request.clientToken}`, { text, imageId });
    return imageId;
  }

  /** Copies that still read the source fail when they may not any more. */
  checkReaders(sourceId: string): void {
    const { image: source } = this.stored(sourceId);
    for (const stored of this.images) {
      if (stored.image.copyOf?.imageId !== sourceId || this.truth(stored).state !== 'pending') continue;
      if (!this.mayCopy(source, stored.image.site.account)) stored.failure = 'the permission was taken away';
    }
  }

  endKeyUse(grant: string): void {
    this.keyGrants.delete(grant);
    for (const { image } of this.images) this.checkReaders(image.imageId);
  }

  private mayCopy(source: ObservedImage, account: AccountId): boolean {
    if (source.site.account === account) return true;
    const launches = source.launchPermissions?.accounts.includes(account) === true;
    return launches && source.snapshots.every((snapshot) => this.mayRead(snapshot, account));
  }

  private mayRead({ volumePermissions, encrypted, kmsKey }: ObservedSnapshot, account: AccountId): boolean {
    const decrypts = !encrypted || [...this.keyGrants].some((grant) => grant.startsWith(`${kmsKey} ${account} `));
    return decrypts && volumePermissions?.accounts.includes(account) === true;
  }

  remove(imageId: string): void {
    const place = this.images.findIndex(({ image }) => image.imageId === imageId);
    if (place >= 0) this.images.splice(place, 1);
  }

  /** Whether instances of the target can be launched from it; a pointer at anything else is a violation. */
  usable(target: ResolvedTarget, imageId: string): boolean {
    const found = this.images.find(({ image }) => image.imageId === imageId);
    const image = found && this.truth(found);
    if (image === undefined || image.site.region !== target.region || image.state !== 'available') return false;
    const tagged = [image, ...image.snapshots].every(({ tags }) => tags['bake:fingerprint'] !== undefined);
    return (
      tagged &&
      (image.site.account === target.account || image.launchPermissions?.accounts.includes(target.account) === true)
    );
  }

  private delay(stored: Stored, image: ObservedImage | undefined): void {
    if (this.lag > 0) stored.stale = { until: this.clock.now().getTime() + this.lag * 1000, image };
  }
}

const CLOUD = ['aws-call-failed', 'copy-quota', 'killed', 'throttled'];

export const refused = (code: string, message: string): BakeError =>
  new BakeError({ code, message, hint: 'Run the same command again.', blame: CLOUD.includes(code) ? 'cloud' : 'user' });

const completed = (snapshot: ObservedSnapshot): ObservedSnapshot => ({ ...snapshot, state: 'completed' });

function copiedSnapshot(
  snapshot: ObservedSnapshot,
  snapshotId: string,
  { tags, kmsKey }: CopyRequest,
): ObservedSnapshot {
  const volumePermissions = { accounts: [], public: false };
  const key = kmsKey === undefined ? {} : { encrypted: true, kmsKey };
  return { ...snapshot, snapshotId, state: 'pending', tags, volumePermissions, ...key };
}
