import type { ChannelName, ImageName } from '../../model/ids.ts';
import type { ChannelMove, ChannelState, PointerBefore } from '../../model/promotion.ts';

/** What the channel holds: also while a move to it is under way. */
export const heldBy = (state: ChannelState | undefined): ChannelMove | undefined => state?.moves[0];

/**
 * What a rollback goes back to: the newest usable version before the promotion of the one that is held. What was left by
 * an earlier rollback does not come back. Undefined: there is none, or nothing tells.
 */
export function versionBefore(
  { moves }: Pick<ChannelState, 'moves'>,
  isUsable: (version: string) => boolean,
): string | undefined {
  const [held] = moves;
  const promoted = moves.findIndex(
    ({ action, imageVersion }) => action === 'promote' && imageVersion === held?.imageVersion,
  );
  if (promoted < 0) return undefined;
  const older = moves.slice(promoted + 1).filter(({ finished }) => finished);
  return older.find(({ imageVersion }) => imageVersion !== held?.imageVersion && isUsable(imageVersion))?.imageVersion;
}

/** Whether pointers may be elsewhere than the state says. */
export const isSettled = (state: ChannelState | undefined, version: string): boolean => {
  const held = heldBy(state);
  return held?.imageVersion === version && held.finished;
};

/**
 * A move begins. One that was never finished is replaced, whatever its version: its pointers were moved in part, and what
 * they said before is what they are put back to.
 */
export function begun(
  state: ChannelState | undefined,
  key: { readonly channel: ChannelName; readonly image: ImageName },
  move: ChannelMove,
): ChannelState {
  const moves = state?.moves ?? [];
  const [newest, ...older] = moves;
  if (newest === undefined || newest.finished) return { version: 1, ...key, moves: [move, ...moves] };
  const known = new Set(newest.before?.map(nameOf));
  const before = [...(newest.before ?? []), ...(move.before ?? []).filter((pointer) => !known.has(nameOf(pointer)))];
  return { version: 1, ...key, moves: [{ ...move, before }, ...older] };
}

const nameOf = ({ target, kind, name }: PointerBefore): string => `${target} ${kind} ${name}`;

/** Pointers are right, and what they said before is of no more use. */
export function finished(state: ChannelState): ChannelState {
  const [newest, ...older] = state.moves;
  if (newest === undefined) return state;
  const { before: _, ...move } = newest;
  return { ...state, moves: [{ ...move, finished: true }, ...older] };
}

/** Pointers are put back. */
export const withdrawn = (state: ChannelState): ChannelState => ({ ...state, moves: state.moves.slice(1) });
