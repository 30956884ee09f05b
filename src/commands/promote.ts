import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BakeError } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { Version } from '../model/ids.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { PromotionPlan, SiteOutcome } from '../model/promotion.ts';
import { isNothing, movedSince } from '../plan/promotion/promotion-plan.ts';
import { promote as promoteTo } from '../run/promote/promote.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import { type Acting, acting } from './acting.ts';
import { approve } from './approve.ts';
import { confirm } from './confirm.ts';
import { findVersion } from './find-version.ts';
import { type CommandIo, type CommonOptions, print } from './io.ts';
import { type OpenChannel, openChannel, openPromotion } from './open-promotion.ts';
import { orAborted } from './or-aborted.ts';
import { countsText, planText, readPlan } from './promotion-output.ts';
import { type Beforehand, lookBeforehand, planOf } from './promotion-plan.ts';
import { checkBeforehand, refuseProblems } from './promotion-preflight.ts';
import { withLease } from './with-lease.ts';
import { writePointerFiles } from './write-pointer-files.ts';

export interface PromoteOptions extends CommonOptions {
  readonly to?: string;
  readonly plan?: string;
  readonly planOut?: string;
  readonly dryRun?: boolean;
  readonly approvedBy?: string;
  readonly wait?: string;
  readonly yes?: boolean;
}

/** `bake promote <image>[@version] --to <channel>`: observe → plan → show → confirm → execute. */
export async function promote(reference: string, options: PromoteOptions, io: CommandIo): Promise<number> {
  const work = async (acts: Acting) => run(reference, await savedPlan(options, io), options, io, acts);
  return (await acting(options, io, work)).exitCode;
}

async function savedPlan({ plan }: PromoteOptions, { cwd }: CommandIo): Promise<PromotionPlan | undefined> {
  return plan === undefined ? undefined : readPlan(await readFile(resolve(cwd, plan), 'utf8'));
}

async function run(
  reference: string,
  saved: PromotionPlan | undefined,
  options: PromoteOptions,
  io: CommandIo,
  acts: Acting,
): Promise<ReadonlyMap<string, SiteOutcome>> {
  const { emit, shown } = acts;
  const [name = '', wanted] = reference.split('@');
  const open = await openChannel({ image: name, channel: options.to ?? saved?.channel }, options, io, emit);
  try {
    const version = wanted ?? saved?.images.find(({ image }) => image === name)?.version;
    const versions = findVersion(
      version === undefined ? name : `${name}@${version}`,
      undefined,
      open.known,
      'promoted',
    );
    const approvedBy = await approve(open.channel, options, io);
    const promotion = await openPromotion(open, versions, {
      action: 'promote',
      version: versionOf(versions),
      approvedBy,
    });
    const before = await orAborted(io.signal, lookBeforehand(promotion, open.effects));
    warnOfUnseen(before, emit);
    const { problems, unchecked } = await orAborted(io.signal, checkBeforehand(open, before, versions, options, io));
    refuseProblems(promotion, problems);
    const plan = await orAborted(io.signal, planOf(before, open.effects));
    if (saved !== undefined) refuseMoved(saved, plan);
    emit({ type: 'promotion-planned', plan });
    await shown();
    if (options.planOut !== undefined)
      await writeFile(resolve(io.cwd, options.planOut), `${JSON.stringify(plan, null, 2)}\n`);
    if (!options.json) print(io, planText(plan, open, unchecked, io));
    if (options.dryRun) return new Map();
    const nothing = isNothing(plan) && before.unseen.size === 0;
    if (nothing && plan.holds[promotion.image] === promotion.version) {
      await writePointerFiles(open, promotion, io);
      return new Map();
    }
    const yes = options.yes === true || saved !== undefined || nothing;
    await confirm(`Promote ${promotion.image} ${promotion.version} to ${open.channel.name}?`, { yes }, io);
    return await bringAndMove(open, promotion, options, io, acts);
  } finally {
    const calls = open.sites.calls();
    if (!options.json && calls.length > 0) io.stderr.write(`${countsText(calls)}\n`);
    open.sites.close();
  }
}

/** All of it, with the lease: a promotion, and a repair. */
export async function bringAndMove(
  open: OpenChannel,
  promotion: Promotion,
  options: { readonly wait?: string },
  io: CommandIo,
  { emit, found }: Acting,
): Promise<ReadonlyMap<string, SiteOutcome>> {
  return withLease(open, promotion, options, emit, async (lease) => {
    const { sites, error } = await promoteTo(promotion, { ...open.effects, lease });
    found(sites);
    if (error !== undefined) throw new BakeError(error);
    await writePointerFiles(open, promotion, io);
    return sites;
  });
}

/** They fail as what they are when they are brought; the others go on. */
function warnOfUnseen({ unseen }: Beforehand, emit: Emit): void {
  for (const [id, { message, hint }] of unseen) {
    const warning = { code: 'site-not-seen', message: `${id}: ${message}` };
    emit({ type: 'warning', warning: { ...warning, ...(hint === undefined ? {} : { hint }) } });
  }
}

function versionOf([first]: readonly KnownImage[]): Version {
  if (first === undefined) throw new Error('no version was found');
  return first.version;
}

function refuseMoved(saved: PromotionPlan, now: PromotionPlan): void {
  const moved = movedSince(saved, now);
  if (moved.length === 0) return;
  throw new BakeError({
    code: 'plan-moved',
    message: 'the plan is not applied: what it was made for has changed; nothing was done',
    details: moved,
    hint: 'Make another plan (--dry-run --plan-out FILE), and look at it.',
    blame: 'user',
  });
}
