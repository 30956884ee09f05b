import { NOT_SHARED, targetId } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import type { Emit } from '../../model/events.ts';
import type { AccountId, ChannelName } from '../../model/ids.ts';
import { type ObservedImage, type Wanted, type WantedId, wantedId } from '../../model/promotion.ts';
import { grantKey, grantsIn } from '../../model/status-tags.ts';
import { grantStep, leftoverGrants, planGrant, planRevoke } from '../../plan/promotion/grants.ts';
import type { Desks } from './desk.ts';
import { lookAtSource } from './look.ts';

/**
 * Permissions that other accounts have while they copy. Regions of one account share them, so the first to copy gets them
 * and the last that is done gives them back. Of one source, one thing at a time.
 */
export class Grants {
  private readonly desks: Desks;
  private readonly wanted: readonly Wanted[];
  private readonly emit: Emit;
  private readonly open: Map<string, Set<WantedId>>;
  /** Accounts that have what they need: nobody looks again. */
  private readonly granted = new Map<string, Promise<void>>();
  /** Copies that may be under way when their site has failed: the permissions stay for the next run to take back. */
  private readonly copying = new Set<string>();
  private readonly turns = new Map<string, Promise<unknown>>();
  /** Keys that the credentials may not give others the use of: somebody else has to have done it, in their policies. */
  private readonly keysOfOthers = new Set<string>();

  constructor(desks: Desks, wanted: readonly Wanted[], emit: Emit) {
    this.desks = desks;
    this.wanted = wanted;
    this.emit = emit;
    this.open = new Map();
    for (const one of wanted.filter(isForeign)) {
      const waiting = this.open.get(keyOf(one)) ?? new Set();
      this.open.set(keyOf(one), waiting.add(wantedId(one)));
    }
  }

  /** Before a copy: its account may read the source. */
  ensure(wanted: Wanted): Promise<void> {
    if (!isForeign(wanted)) return Promise.resolve();
    const granting = this.granted.get(keyOf(wanted)) ?? this.inTurn(wanted, () => this.grant(wanted));
    this.granted.set(keyOf(wanted), granting);
    return granting;
  }

  /** Of a site that is done, well or not. The last of its account takes the permissions back. */
  async settle(wanted: Wanted, copying: boolean): Promise<void> {
    const waiting = this.open.get(keyOf(wanted));
    if (waiting === undefined) return;
    if (copying) this.copying.add(keyOf(wanted));
    waiting.delete(wantedId(wanted));
    if (waiting.size > 0 || this.copying.has(keyOf(wanted))) return;
    const { ami } = wanted.source;
    const before = grantsIn(ami.tags).some((grant) => grant.key === grantKey(wanted.site.account, wanted.channel));
    if (!before && !this.granted.has(keyOf(wanted))) return;
    await this.inTurn(wanted, () => this.revoke(wanted, wanted.site.account));
  }

  /** Of accounts that the channel brings nothing to any more. */
  async revokeLeftovers(): Promise<void> {
    for (const [id, { source, channel }] of new Map(this.wanted.map((one) => [one.source.id, one]))) {
      const mine = this.wanted.filter((one) => one.source.id === id);
      const copying = new Set(mine.filter(({ copied }) => copied).map(({ site }) => site.account));
      const [one] = mine;
      if (one === undefined || grantsIn(source.ami.tags).every((grant) => grant.channel !== channel)) continue;
      for (const { account } of leftoverGrants(source.ami, channel, copying)) {
        await this.inTurn(one, () => this.revoke(one, account));
      }
    }
  }

  private async grant(wanted: Wanted): Promise<void> {
    const { account } = wanted.site;
    const source = await lookAtSource(wanted, this.desks);
    const plan = planGrant(source, account, wanted.channel, this.permanent(wanted));
    if (plan === undefined) return;
    this.emit({ type: 'site-step', id: wantedId(wanted), step: grantStep('grant', account, source) });
    const { images } = this.desks(source.site);
    if (plan.tag !== undefined) await images.tag([source.imageId], { [plan.tag.key]: plan.tag.value });
    for (const key of plan.kmsKeys) await this.allowKey(wanted, key);
    await this.permit(source, account, plan);
  }

  private async allowKey({ site, channel, source }: Wanted, key: string): Promise<void> {
    const { account } = site;
    try {
      await this.desks(source.ami.site).keyGrants.allow({ key, account, name: grantName(source, account, channel) });
    } catch (error) {
      if (!isDenied(error)) throw error;
      this.keysOfOthers.add(key);
      const message = `${account} copies what is encrypted with ${key}, and these credentials may not let it use the key (kms:ListGrants, kms:CreateGrant)`;
      const hint = `Is it allowed by the policy of the key? Else the copy fails: name ${account} there.`;
      this.emit({ type: 'warning', warning: { code: 'key-not-granted', message, hint } });
    }
  }

  private async revoke(wanted: Wanted, account: AccountId): Promise<void> {
    const source = await lookAtSource(wanted, this.desks);
    const plan = planRevoke(source, account, wanted.channel);
    if (plan === undefined) return;
    this.emit({ type: 'site-step', id: wantedId(wanted), step: grantStep('revoke', account, source) });
    const { images } = this.desks(source.site);
    if (plan.launch) await images.removeLaunchPermissions(source.imageId, { ...NOT_SHARED, accounts: [account] });
    for (const snapshotId of plan.snapshotIds) await images.removeVolumePermissions(snapshotId, [account]);
    const { keyGrants } = this.desks(source.site);
    const name = grantName(wanted.source, account, wanted.channel);
    for (const key of plan.kmsKeys) if (!this.keysOfOthers.has(key)) await keyGrants.end({ key, account, name });
    await images.untag([source.imageId], [plan.key]);
    if (plan.launch || plan.snapshotIds.length > 0) await this.giveOthersBack(wanted, account);
  }

  /** Another channel's promotion may have found the permissions just before they were taken. */
  private async giveOthersBack(wanted: Wanted, account: AccountId): Promise<void> {
    const source = await lookAtSource(wanted, this.desks);
    const other = grantsIn(source.tags).find((grant) => grant.account === account);
    const plan = other && planGrant(source, account, other.channel);
    if (plan !== undefined) await this.permit(source, account, plan);
  }

  private async permit(
    { imageId, site }: ObservedImage,
    account: AccountId,
    { launch, snapshotIds }: { readonly launch: boolean; readonly snapshotIds: readonly string[] },
  ): Promise<void> {
    const { images } = this.desks(site);
    for (const snapshotId of snapshotIds) await images.addVolumePermissions(snapshotId, [account]);
    if (launch) await images.addLaunchPermissions(imageId, { ...NOT_SHARED, accounts: [account] });
  }

  private permanent({ source }: Wanted): ReadonlySet<AccountId> {
    const home = this.wanted.find((one) => !one.copied && one.source.id === source.id);
    return new Set(home?.sharing.accounts);
  }

  private inTurn<T>({ source }: Wanted, act: () => Promise<T>): Promise<T> {
    const before = this.turns.get(source.id) ?? Promise.resolve();
    const turn = before.then(act, act);
    this.turns.set(source.id, turn);
    return turn;
  }
}

/** A grant for each channel, so that none takes another's away. */
const grantName = ({ ami }: Wanted['source'], account: AccountId, channel: ChannelName): string =>
  `bake/${channel}/${ami.imageId}/${account}`;

const isDenied = (error: unknown): boolean => error instanceof BakeError && error.code === 'access-denied';

const isForeign = ({ copied, site, source }: Wanted): boolean => copied && site.account !== source.ami.site.account;

const keyOf = ({ source, site }: Wanted): string => `${targetId(source.ami.site)} ${source.id} ${site.account}`;
