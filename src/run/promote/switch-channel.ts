import { createHash } from 'node:crypto';
import { mapBounded } from '../../model/bounded.ts';
import { targetId } from '../../model/channel.ts';
import { BakeError, summarise } from '../../model/errors.ts';
import { groupBy } from '../../model/group.ts';
import type { AmiId, ImageName } from '../../model/ids.ts';
import type {
  ChannelMove,
  ChannelState,
  PointerBefore,
  PointerState,
  WantedId,
  WantedPointer,
} from '../../model/promotion.ts';
import { begun, finished, isSettled, withdrawn } from '../../plan/promotion/channel-moves.ts';
import {
  isRight,
  type PointerId,
  planPointers,
  pointerId,
  wantedPointers,
} from '../../plan/promotion/plan-pointers.ts';
import type { PromoteEffects } from './effects.ts';
import { channelChanged, pointersMixed } from './errors.ts';
import { CALL_SECONDS, movePointers } from './move-pointers.ts';
import type { Promotion } from './promotion.ts';

const MOST = 8;

/** All pointers of the channel, and what they say. Parameters of a target are read together. */
export async function readPointers(pointers: readonly WantedPointer[], effects: Pick<PromoteEffects, 'pointers'>) {
  const says = new Map<PointerId, PointerState>();
  const targets = groupBy(pointers, ({ target }) => targetId(target));
  await mapBounded(targets, MOST, async (alike) => {
    const there = effects.pointers(alike[0].target);
    const names = alike.flatMap(({ kind, name }) => (kind === 'parameter' ? [name] : []));
    const parameters = names.length === 0 ? new Map() : await there.readParameters(names);
    for (const pointer of alike) {
      const { kind, name } = pointer;
      const state = kind === 'parameter' ? parameters.get(name) : await there.readTemplate(name);
      if (state !== undefined) says.set(pointerId(pointer), state);
    }
  });
  return says;
}

export function pointersOf(promotion: Promotion, imageIds: ReadonlyMap<WantedId, AmiId>): readonly WantedPointer[] {
  const { project, channel, targets, wanted, image, template } = promotion;
  const digest = template && createHash('sha256').update(template.userData).digest('hex');
  const userData = new Map<ImageName, string>(digest === undefined ? [] : [[image, digest]]);
  return wantedPointers({ project, channel, targets, wanted, imageIds, userData });
}

/**
 * The channel holds the version from now on: its state is written, pointers are moved and read again. Every site is
 * ready. Throws with pointers as before, or, where that could not be had, with a state that says `finished: false`.
 */
export async function switchChannel(
  promotion: Promotion,
  imageIds: ReadonlyMap<WantedId, AmiId>,
  effects: PromoteEffects,
): Promise<void> {
  const { channel, image, version, targets, template } = promotion;
  const { states, lease } = effects;
  const signal = lease === undefined ? effects.signal : AbortSignal.any([effects.signal, lease.signal]);
  signal.throwIfAborted();
  await lease?.require(CALL_SECONDS);
  const pointers = pointersOf(promotion, imageIds);
  const known = await states.read(channel.name, image);
  const says = await readPointers(pointers, effects);
  const moves = planPointers(pointers, says);
  const settled = isSettled(known?.state, version);
  if (settled && moves.length === 0) return;

  const before = pointers.map((pointer) => beforeOf(pointer, says.get(pointerId(pointer))));
  const state = settled
    ? undefined
    : begun(known?.state, { channel: channel.name, image }, moveOf(promotion, before, effects));
  if (state !== undefined) await write(promotion, state, known?.etag, effects);
  try {
    const all = state?.moves[0]?.before ?? before;
    await movePointers({ moves, before: all, targets, template, effects, signal });
  } catch (error) {
    if (state !== undefined && isPutBack(error)) await withdraw(promotion, state, effects);
    throw error;
  }
  await lease?.require(CALL_SECONDS);
  const after = await readPointers(pointers, effects);
  const wrong = pointers.filter((pointer) => !isRight(pointer, after.get(pointerId(pointer))));
  if (wrong.length > 0) throw pointersMixed(wrong.map(pointerId));
  if (state !== undefined) await replace(promotion, { state: finished(state), at: beganAt(state) }, effects);
}

const isPutBack = (error: unknown): boolean =>
  error instanceof BakeError && error.code === 'pointer-not-moved' && error.details.length === 0;

function beforeOf({ target, kind, name }: WantedPointer, from: PointerState | undefined) {
  return { target: targetId(target), kind, name, ...(from === undefined ? {} : { from }) };
}

function moveOf(promotion: Promotion, before: readonly PointerBefore[], { clock }: PromoteEffects): ChannelMove {
  const { action, version, wanted, by, approvedBy, run } = promotion;
  return {
    imageVersion: version,
    action,
    amis: Object.fromEntries(wanted.map(({ source }) => [source.architecture, source.ami.imageId])),
    at: clock.now().toISOString(),
    by,
    ...(approvedBy === undefined ? {} : { approvedBy }),
    run,
    finished: false,
    before,
  };
}

/** What failed before is what is told; that the state is left says the next look at it too. */
async function withdraw(promotion: Promotion, state: ChannelState, effects: PromoteEffects): Promise<void> {
  await replace(promotion, { state: withdrawn(state), at: beganAt(state) }, effects).catch((error: unknown) => {
    const message = `the pointers are as before, and the channel is still said to take ${promotion.version}: ${summarise(error).message}`;
    const hint = 'Run the same command again, or bake rollback.';
    effects.emit({ type: 'warning', warning: { code: 'channel-state-left', message, hint } });
  });
}

async function write(
  { channel, image }: Promotion,
  state: ChannelState,
  etag: string | undefined,
  { states }: PromoteEffects,
): Promise<void> {
  if (!(await states.write(state, etag))) throw channelChanged(channel.name, image);
}

const beganAt = ({ moves }: ChannelState): string => moves[0]?.at ?? '';

/** Over our own move: somebody else's stays. */
async function replace(
  promotion: Promotion,
  { state, at }: { readonly state: ChannelState; readonly at: string },
  effects: PromoteEffects,
): Promise<void> {
  const { channel, image, version } = promotion;
  const known = await effects.states.read(channel.name, image);
  const newest = known?.state.moves[0];
  // Tags, where there is no bucket, do not keep the run.
  const ours = newest?.imageVersion === version && newest.at === at && (newest.run || promotion.run) === promotion.run;
  if (known === undefined || !ours) throw channelChanged(channel.name, image);
  await write(promotion, state, known.etag, effects);
}
