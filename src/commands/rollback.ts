import { usage } from '../model/errors.ts';
import type { ChannelState, SiteOutcome } from '../model/promotion.ts';
import { isSound } from '../plan/bad-ancestors.ts';
import { heldBy, versionBefore } from '../plan/promotion/channel-moves.ts';
import { launchable } from '../run/promote/roll-back.ts';
import { switchChannel } from '../run/promote/switch-channel.ts';
import { type Acting, acting } from './acting.ts';
import { confirm } from './confirm.ts';
import { findVersion } from './find-version.ts';
import { type CommandIo, type CommonOptions, print } from './io.ts';
import { type OpenChannel, openChannel, openPromotion } from './open-promotion.ts';
import { orAborted } from './or-aborted.ts';
import { heldText, planText } from './promotion-output.ts';
import { lookBeforehand, planOf } from './promotion-plan.ts';
import { withLease } from './with-lease.ts';
import { writePointerFiles } from './write-pointer-files.ts';

export interface RollbackOptions extends CommonOptions {
  readonly channel?: string;
  readonly to?: string;
  readonly approvedBy?: string;
  readonly wait?: string;
  readonly yes?: boolean;
}

/** `bake rollback <image> --channel <channel>`: pointers go back to a version that the channel has held; nothing is copied. */
export async function rollback(image: string, options: RollbackOptions, io: CommandIo): Promise<number> {
  return (await acting(options, io, (acts) => run(image, options, io, acts))).exitCode;
}

async function run(
  name: string,
  options: RollbackOptions,
  io: CommandIo,
  { emit, shown }: Acting,
): Promise<ReadonlyMap<string, SiteOutcome>> {
  const open = await openChannel({ image: name, channel: options.channel }, options, io, emit);
  const { channel, effects, known } = open;
  try {
    const state = await orAborted(io.signal, effects.states.read(channel.name, open.image.name));
    const version = options.to ?? previous(open, state?.state);
    const versions = findVersion(`${name}@${version}`, undefined, known, 'rolled back to');
    const promotion = await openPromotion({ open, versions }, { action: 'rollback', approvedBy: options.approvedBy });
    const before = await orAborted(io.signal, lookBeforehand([promotion], effects));
    const ids = await orAborted(io.signal, launchable(promotion, before.looks, effects));
    const plan = { ...(await orAborted(io.signal, planOf(before, effects))), sites: [], leftovers: [] };
    emit({ type: 'promotion-planned', plan });
    await shown();
    if (!options.json) print(io, planText(plan, open, [], io));
    if (plan.pointers.length > 0) await confirm(`Roll ${name} back to ${version} in ${channel.name}?`, options, io);
    await withLease(open, promotion, options, emit, (lease) => switchChannel(promotion, ids, { ...effects, lease }));
    await writePointerFiles(open, [promotion.image], io);
    await shown();
    if (!options.json) print(io, heldText(promotion));
    return new Map([...ids].map(([id, imageId]) => [id, { status: 'ready', imageId } as const]));
  } finally {
    open.sites.close();
  }
}

/** Throws `usage` where nothing tells which. */
function previous({ channel, image, known }: OpenChannel, state: ChannelState | undefined): string {
  const held = heldBy(state);
  const hint = `bake history ${image.name} --channel ${channel.name} shows what it has held; --to <version> names one.`;
  if (state === undefined || held === undefined)
    throw usage(`channel ${channel.name} holds no version of ${image.name}`, hint);
  const sound = known.filter((one) => one.image === image.name && isSound(one, known));
  const usable = sound.map(({ version }) => String(version));
  const before = versionBefore(state, (version) => usable.includes(version));
  if (before !== undefined) return before;
  throw usage(
    `there is no usable version of ${image.name} that channel ${channel.name} is known to have held before ${held.imageVersion}`,
    hint,
  );
}
