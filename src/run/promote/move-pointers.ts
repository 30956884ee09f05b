import { mapBounded } from '../../model/bounded.ts';
import { type ResolvedTarget, type TargetId, targetId } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import type { PointerBefore, PointerMove, PointerName, TargetPointers } from '../../model/promotion.ts';
import type { PromoteEffects } from './effects.ts';
import { pointerFailed } from './errors.ts';
import { readPointer, restorePointer, writePointer } from './pointer.ts';
import type { TemplateContent } from './promotion.ts';

/** Targets whose pointers are moved at a time. */
const MOST = 8;
/** A pointer's call takes no longer, however often it is repeated. What is waited for afterwards ends with the lease. */
export const CALL_SECONDS = 60;

export interface Moving {
  readonly moves: readonly TargetPointers[];
  /** What all pointers said before the first was moved, by this run or by one that was stopped. */
  readonly before: readonly PointerBefore[];
  readonly targets: readonly ResolvedTarget[];
  readonly template: TemplateContent | undefined;
  readonly effects: PromoteEffects;
  readonly signal: AbortSignal;
}

/** Moves them, or puts them back and throws `pointer-not-moved`. Whoever has lost the lease leaves them to the next holder. */
export async function movePointers(moving: Moving): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([moving.signal, failed.signal]);
  let first: { readonly name: string; readonly error: unknown } | undefined;
  await mapBounded(moving.moves, MOST, async ({ target, moves }) => {
    for (const move of moves) {
      if (first !== undefined) return;
      try {
        signal.throwIfAborted();
        await moveOne(moving, target, move, signal);
      } catch (error) {
        first ??= { name: title(targetId(target), move), error };
        failed.abort(error);
      }
    }
  });
  if (first === undefined) return;
  const { name, error } = first;
  if (isLost(error)) throw error;
  throw pointerFailed(name, error, await putBack(moving));
}

async function moveOne({ effects, template }: Moving, target: ResolvedTarget, move: PointerMove, signal: AbortSignal) {
  const { kind, name, from, to } = move;
  if (to === null) throw new Error(`${name} has nothing to say`);
  await effects.lease?.require(CALL_SECONDS);
  await writePointer(effects.pointers(target), move, { to, from, template, signal });
  const said = from === undefined ? {} : { from: from.imageId };
  effects.emit({ type: 'pointer-moved', target: targetId(target), pointer: { kind, name }, ...said, to });
}

/** Resolves to those that could not be put back, with the reason. */
async function putBack({ before, targets, effects }: Moving): Promise<readonly string[]> {
  // Interrupted or not: a mix helps nobody.
  const { signal } = new AbortController();
  const left = await mapBounded(before, MOST, async (pointer) => {
    const target = targets.find((one) => targetId(one) === pointer.target);
    if (target === undefined) return [];
    try {
      const pointers = effects.pointers(target);
      const now = await readPointer(pointers, pointer);
      if (now?.imageId === pointer.from?.imageId) return [];
      await effects.lease?.require(CALL_SECONDS);
      await restorePointer(pointers, pointer, pointer.from, signal);
      const { kind, name, from } = pointer;
      const to = from === undefined ? {} : { to: from.imageId };
      effects.emit({ type: 'pointer-put-back', target: pointer.target, pointer: { kind, name }, ...to });
      return [];
    } catch (error) {
      return [`${title(pointer.target, pointer)}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  return left.flat();
}

export const isLost = (error: unknown): boolean => error instanceof BakeError && error.code === 'lease-lost';

const title = (target: TargetId, { name }: PointerName): string => `${name} in ${target}`;
