import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BakeError, type ErrorSummary, summarise, usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { ImageName } from '../model/ids.ts';
import type { PromotionPlan, SiteOutcome } from '../model/promotion.ts';
import { isNothing, movedSince } from '../plan/promotion/promotion-plan.ts';
import { wrapped } from '../report/text.ts';
import { promoteAll } from '../run/promote/promote.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import { type Acting, acting } from './acting.ts';
import { approve } from './approve.ts';
import { confirm } from './confirm.ts';
import { findVersion } from './find-version.ts';
import { type CommandIo, type CommonOptions, print } from './io.ts';
import { looking } from './looking.ts';
import { type OpenChannel, type Opened, openChannels, openPromotions } from './open-promotion.ts';
import { orAborted } from './or-aborted.ts';
import { countsText, heldText, planText, readPlan, STOPPED } from './promotion-output.ts';
import { type Beforehand, lookBeforehand, planOf } from './promotion-plan.ts';
import { checkBeforehand, refuseProblems } from './promotion-preflight.ts';
import { withLeases } from './with-lease.ts';
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

/** `bake promote <image>[@version]... --to <channel>`: observe → plan → show → confirm → execute. */
export async function promote(references: readonly string[], options: PromoteOptions, io: CommandIo): Promise<number> {
  const work = async (acts: Acting) => run(references, await savedPlan(options, io), options, io, acts);
  return (await acting(options, io, work)).exitCode;
}

async function savedPlan({ plan }: PromoteOptions, { cwd }: CommandIo): Promise<PromotionPlan | undefined> {
  return plan === undefined ? undefined : readPlan(await readFile(resolve(cwd, plan), 'utf8'));
}

async function run(
  references: readonly string[],
  saved: PromotionPlan | undefined,
  options: PromoteOptions,
  io: CommandIo,
  acts: Acting,
): Promise<ReadonlyMap<string, SiteOutcome>> {
  const { emit, shown } = acts;
  const wanted = wantedVersions(references, saved);
  const channel = options.to ?? saved?.channel;
  const [open, ...others] = await openChannels({ images: [...wanted.keys()], channel }, options, io, emit);
  let begun = false;
  try {
    const openedOf = (one: OpenChannel): Opened => ({ open: one, versions: versionsOf(one, wanted) });
    const opened = [openedOf(open), ...others.map(openedOf)] as const;
    const promotions = await openPromotions(opened, { action: 'promote' });
    const before = await orAborted(io.signal, lookBeforehand(promotions, open.effects));
    warnOfUnseen(before, emit);
    const checks = () => orAborted(io.signal, checkBeforehand(opened, before, options, io));
    const { problems, unchecked } = await looking('check that it can be done there', emit, checks);
    refuseProblems(promotions, problems);
    const plan = await orAborted(io.signal, planOf(before, open.effects));
    if (saved !== undefined) refuseMoved(saved, plan);
    emit({ type: 'promotion-planned', plan });
    await shown();
    if (options.planOut !== undefined)
      await writeFile(resolve(io.cwd, options.planOut), `${JSON.stringify(plan, null, 2)}\n`);
    const nothing = isNothing(plan) && before.unseen.size === 0;
    if (!options.json) print(io, planText(plan, open, nothing ? [] : unchecked, io));
    if (options.dryRun) return new Map();
    if (nothing && promotions.every(({ image, version }) => plan.holds[image] === version)) {
      await writePointerFiles(open, imagesOf(promotions), io);
      return new Map();
    }
    // Whoever approves has seen what will be done.
    const approvedBy = await approve(open.channel, options, io);
    const yes = options.yes === true || saved !== undefined || nothing;
    await confirm(`Promote ${titleOf(promotions)} to ${open.channel.name}?`, { yes }, io);
    begun = true;
    const approved = promotions.map((one) => (approvedBy === undefined ? one : { ...one, approvedBy }));
    const outcomes = await bringAndMove(open, { promotions: approved, seen: before.looks }, options, io, acts);
    await shown();
    if (!options.json) print(io, promotions.map(heldText).join('\n'));
    return outcomes;
  } finally {
    if (begun && io.signal.aborted && !options.json) io.stderr.write(`${wrapped(STOPPED, io.stderr.columns)}\n`);
    const calls = open.sites.calls();
    if (!options.json && calls.length > 0) io.stderr.write(`${wrapped(countsText(calls), io.stderr.columns)}\n`);
    open.sites.close();
  }
}

export interface Bringing {
  readonly promotions: readonly Promotion[];
  /** What the plan was made of. */
  readonly seen?: Beforehand['looks'];
}

/** All of it, under leases: promotions, and repairs. One image that fails leaves the others to finish. */
export async function bringAndMove(
  open: OpenChannel,
  { promotions, seen }: Bringing,
  options: { readonly wait?: string },
  io: CommandIo,
  { emit, found }: Acting,
): Promise<ReadonlyMap<string, SiteOutcome>> {
  return withLeases(open, promotions, options, emit, async (leased, refused) => {
    const promoted = await promoteAll(leased, open.effects, seen);
    const outcomes = new Map(promoted.flatMap(({ sites }) => [...sites]));
    found(outcomes);
    const errors = new Map([...refused].map(([promotion, error]) => [promotion, summarise(error)]));
    leased.forEach(({ promotion }, position) => {
      const error = promoted[position]?.error;
      if (error !== undefined) errors.set(promotion, error);
    });
    const done = promotions.filter((promotion) => !errors.has(promotion));
    if (done.length > 0) await writePointerFiles(open, imagesOf(done), io);
    if (errors.size > 0) throw notPromoted(promotions, errors);
    return outcomes;
  });
}

/** Version by image, as it is written; undefined: the newest. A saved plan says which it is for. */
function wantedVersions(
  references: readonly string[],
  saved: PromotionPlan | undefined,
): ReadonlyMap<string, string | undefined> {
  const planned = new Map<string, string>(saved?.images.map(({ image, version }) => [image, version]));
  if (references.length === 0 && planned.size > 0) return planned;
  if (references.length === 0) throw usage('no image is named', 'bake promote <image> --to <channel>.');
  const wanted = new Map<string, string | undefined>();
  for (const reference of references) {
    const [name = '', version] = reference.split('@');
    if (wanted.has(name)) throw usage(`${name} is named twice`, 'A channel holds one version of an image.');
    wanted.set(name, version ?? planned.get(name));
  }
  return wanted;
}

function versionsOf({ image, known }: OpenChannel, wanted: ReadonlyMap<string, string | undefined>) {
  const version = wanted.get(image.name);
  return findVersion(version === undefined ? image.name : `${image.name}@${version}`, undefined, known, 'promoted');
}

const titleOf = (promotions: readonly Promotion[]): string =>
  promotions.map(({ image, version }) => `${image} ${version}`).join(', ');

const imagesOf = (promotions: readonly Promotion[]): readonly ImageName[] => promotions.map(({ image }) => image);

/** They fail as what they are when they are brought; the others go on. */
function warnOfUnseen({ unseen }: Beforehand, emit: Emit): void {
  for (const [id, { message, hint }] of unseen) {
    const warning = { code: 'site-not-seen', message: `${id}: ${message}` };
    emit({ type: 'warning', warning: { ...warning, ...(hint === undefined ? {} : { hint }) } });
  }
}

/** What is wrong with one is said as it is, with several by name. */
function notPromoted(promotions: readonly Promotion[], errors: ReadonlyMap<Promotion, ErrorSummary>): BakeError {
  const [[first, error]] = [...errors] as [[Promotion, ErrorSummary]];
  if (promotions.length === 1) return new BakeError(error);
  const failed = [...errors.keys()];
  return new BakeError({
    code: errors.size === 1 ? error.code : 'promotion-incomplete',
    message: `${failed.length} of ${promotions.length} images are not promoted to ${first.channel.name}: ${titleOf(failed)}`,
    details: [...errors].flatMap(([{ image }, { message, details = [] }]) => [
      `${image}: ${message}`,
      ...details.map((detail) => `${image}: ${detail}`),
    ]),
    hint: error.hint,
    blame: error.blame,
  });
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
