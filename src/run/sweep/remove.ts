import { mapBounded } from '../../model/bounded.ts';
import { type TargetId, targetId } from '../../model/channel.ts';
import { BakeError, summarise } from '../../model/errors.ts';
import { type Emit, unreachable } from '../../model/events.ts';
import { errorOf, type Leftover, leftoverTitle, type SweepOutcome, type SweepPlan } from '../../model/sweep.ts';
import { isStillLeft } from '../../plan/sweep/ours.ts';
import type { SweepSite } from '../sweep-effects.ts';

interface Effects {
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** Sites at a time, and instances of one that are waited for. */
const MOST = 8;

/** Removes what was planned. Sites are independent, and so are their failures. */
export async function removeAll(
  plan: SweepPlan,
  sites: readonly SweepSite[],
  effects: Effects,
): Promise<ReadonlyMap<TargetId, SweepOutcome>> {
  const outcomes = await mapBounded(sites, MOST, async (one) => {
    const id = targetId(one.site);
    const started = performance.now();
    const error = plan.sites.find((site) => site.id === id)?.error;
    const outcome: SweepOutcome =
      error === undefined ? await new SiteSweep(one, plan, effects).run() : { status: 'failed', error };
    effects.emit({ type: 'sweep-finished', id, outcome, seconds: (performance.now() - started) / 1000 });
    return [id, outcome] as const;
  });
  return new Map(outcomes);
}

class SiteSweep {
  private readonly there: SweepSite;
  private readonly leftovers: readonly Leftover[];
  private readonly effects: Effects;
  private readonly removed = new Set<string>();
  private readonly failures: string[] = [];
  /** Runs and AMIs of which something could not be removed. */
  private readonly stuck = new Set<string>();

  constructor(there: SweepSite, { leftovers, spared }: SweepPlan, effects: Effects) {
    const id = targetId(there.site);
    this.there = there;
    this.leftovers = leftovers.filter(({ site }) => site === id);
    this.effects = effects;
    for (const one of spared) {
      const error = one.site === id ? errorOf(one) : undefined;
      if (error !== undefined) this.failures.push(`${leftoverTitle(one)}: ${error.message}`);
    }
  }

  async run(): Promise<SweepOutcome> {
    const { signal } = this.effects;
    try {
      const instances = this.leftovers.filter(({ kind }) => kind === 'instance');
      await mapBounded(instances, MOST, (one) => this.attempt(one));
      for (const one of this.leftovers) if (one.kind !== 'instance') await this.attempt(one);
    } catch (error) {
      if (!signal.aborted) throw error;
      const { reason } = signal;
      return { status: 'cancelled', because: reason instanceof BakeError ? reason.message : 'interrupted' };
    }
    if (this.failures.length === 0) return { status: 'swept', removed: this.removed.size };
    return { status: 'failed', error: summarise(sweepIncomplete(this.there, this.failures)) };
  }

  /** One thing that cannot be removed is no reason to leave the others. */
  private async attempt(one: Leftover): Promise<void> {
    const { signal } = this.effects;
    signal.throwIfAborted();
    // Gone with its AMI, or the AMI's failure is told.
    if (this.removed.has(one.id) || (one.of !== undefined && this.stuck.has(one.of))) return;
    try {
      if (one.kind === 'key-pair' && one.run !== undefined && this.stuck.has(one.run))
        return void this.failures.push(`${leftoverTitle(one)} stays until the rest of its run is gone`);
      await this.remove(one);
    } catch (error) {
      signal.throwIfAborted();
      this.fail(one, summarise(error).message);
    }
  }

  private async remove(one: Leftover): Promise<void> {
    const { kind, id } = one;
    switch (kind) {
      case 'instance':
        await this.there.endInstance(id, this.effects.signal);
        return this.tell(one);
      case 'image': {
        const { status, snapshots } = await this.there.removeImage(id, (image) => isStillLeft(one, image));
        if (status === 'changed') return this.fail(one, 'it was finished meanwhile');
        if (status === 'removed') this.tell(one);
        for (const snapshot of this.leftovers) if (snapshots.includes(snapshot.id)) this.tell(snapshot);
        return;
      }
      case 'snapshot':
      case 'volume':
      case 'security-group':
      case 'key-pair':
        if (await this.there.remove(kind, id)) this.tell(one);
        return;
      default:
        unreachable(kind);
    }
  }

  private tell(leftover: Leftover): void {
    this.removed.add(leftover.id);
    this.effects.emit({ type: 'leftover-removed', id: leftover.site, leftover });
  }

  private fail(one: Leftover, why: string): void {
    this.failures.push(`${leftoverTitle(one)}: ${why}`);
    this.stuck.add(one.run ?? one.id).add(one.id);
  }
}

const sweepIncomplete = ({ site }: SweepSite, failures: readonly string[]): BakeError =>
  new BakeError({
    code: 'sweep-incomplete',
    message: `${targetId(site)}: not everything could be removed`,
    hint: 'Mend what the details say, then run bake sweep --yes again: it goes on with what is left.',
    details: failures,
    blame: 'cloud',
  });
