import { BakeError, usage } from '../model/errors.ts';
import type { KnownImage } from '../model/known-image.ts';
import type { PromotionPlan, SiteOutcome } from '../model/promotion.ts';
import { badText } from '../plan/bad-ancestors.ts';
import { heldBy } from '../plan/promotion/channel-moves.ts';
import { driftText } from '../report/drift-text.ts';
import { chooseColor } from '../report/mode.ts';
import type { Promotion } from '../run/promote/promotion.ts';
import { type Drift, verify as findDrift } from '../run/promote/verify.ts';
import { type Acting, acting } from './acting.ts';
import { confirm } from './confirm.ts';
import { findVersion } from './find-version.ts';
import { type CommandIo, type CommonOptions, columnsOf, print, printJson } from './io.ts';
import { looking } from './looking.ts';
import { type OpenChannel, openChannel, openPromotion } from './open-promotion.ts';
import { orAborted } from './or-aborted.ts';
import { bringAndMove } from './promote.ts';
import { heldText } from './promotion-output.ts';
import { lookTitle } from './promotion-plan.ts';
import { setupOnStderr } from './setup-events.ts';

export interface VerifyOptions extends CommonOptions {
  readonly channel?: string;
  readonly repair?: boolean;
  readonly wait?: string;
  readonly yes?: boolean;
}

/** `bake verify <image> --channel <channel>`: whether all is as the promotion left it. Exit code 1 when not. `--repair` mends it. */
export async function verify(image: string, options: VerifyOptions, io: CommandIo): Promise<number> {
  if (options.repair) return (await acting(options, io, (acts) => repair(image, options, io, acts))).exitCode;
  const open = await openChannel({ image, channel: options.channel }, options, io, setupOnStderr(io));
  try {
    const { promotion, drift } = await look(open, io);
    if (options.json) printJson(io, driftJson(promotion, drift));
    else print(io, textOf(promotion, drift, io));
    return drift.ok ? 0 : 1;
  } finally {
    open.sites.close();
  }
}

async function repair(
  image: string,
  options: VerifyOptions,
  io: CommandIo,
  acts: Acting,
): Promise<ReadonlyMap<string, SiteOutcome>> {
  const { emit, shown } = acts;
  const open = await openChannel({ image, channel: options.channel }, options, io, emit);
  try {
    const { promotion, drift } = await look(open, io);
    emit({ type: 'promotion-planned', plan: planOf(promotion, drift) });
    await shown();
    if (!options.json) print(io, textOf(promotion, drift, io));
    if (drift.ok) return new Map();
    await confirm(`Repair ${image} ${promotion.version} in ${open.channel.name}?`, options, io);
    const outcomes = await bringAndMove(open, { promotions: [promotion] }, options, io, acts);
    await shown();
    if (!options.json) print(io, `${heldText(promotion)}; all is as it should be`);
    return outcomes;
  } finally {
    open.sites.close();
  }
}

/** What the channel holds, and what of it is otherwise than it should be. */
async function look(open: OpenChannel, io: CommandIo): Promise<{ promotion: Promotion; drift: Drift }> {
  const { channel, image, effects, known } = open;
  const held = heldBy((await orAborted(io.signal, effects.states.read(channel.name, image.name)))?.state);
  if (held === undefined) {
    const hint = `bake promote ${image.name} --to ${channel.name} brings one there.`;
    throw usage(`channel ${channel.name} holds no version of ${image.name}`, hint);
  }
  const bad = known.find((one) => one.image === image.name && one.version === held.imageVersion && one.markedBad);
  if (bad !== undefined) throw holdsBad(channel.name, bad);
  const versions = findVersion(`${image.name}@${held.imageVersion}`, undefined, known, 'verified');
  const promotion = await orAborted(io.signal, openPromotion({ open, versions }, { action: 'promote' }));
  const find = () => orAborted(io.signal, findDrift(promotion, effects));
  return { promotion, drift: await looking(lookTitle(channel), effects.emit, find) };
}

const holdsBad = (channel: string, bad: KnownImage): BakeError =>
  new BakeError({
    code: 'channel-holds-bad',
    message: `channel ${channel} holds ${bad.image} ${bad.version}, which is ${badText(bad)}`,
    hint: `bake rollback ${bad.image} --channel ${channel} moves the pointers back, or promote a good version.`,
    blame: 'user',
  });

function planOf({ project, channel, image, version, wanted }: Promotion, drift: Drift): PromotionPlan {
  const nodes = [...new Set(wanted.map(({ source }) => source.id))];
  const { sites, leftovers, pointers } = drift;
  const images = [{ image, version, nodes }];
  return {
    version: 1,
    project,
    channel: channel.name,
    action: 'repair',
    images,
    sites,
    leftovers,
    pointers,
    holds: { [image]: version },
  };
}

function textOf(promotion: Promotion, drift: Drift, io: CommandIo): string {
  const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
  const further = drift.sites.flatMap(({ id, differences, error }) => [
    ...(error === undefined ? [] : [`${id}: could not be looked at: ${error.message}`]),
    ...differences.map(
      ({ trait, source, copy }) =>
        `${id}: ${trait} is ${copy}, and ${source} in the source; only another copy mends that`,
    ),
  ]);
  const text = driftText(planOf(promotion, drift), { columns: columnsOf(io), color });
  return further.length === 0 ? text : `${text}\n\n${further.join('\n')}`;
}

const driftJson = ({ project, channel, image, version }: Promotion, drift: Drift) => ({
  version: 1,
  project,
  channel: channel.name,
  image,
  imageVersion: version,
  ...drift,
});
