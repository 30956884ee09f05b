import type { ChangeChain, ChangeFromTo, ImageChange, StateName } from '../model/comparison.ts';
import type { PackagePin } from '../model/image.ts';
import type { InputChange } from '../model/plan.ts';
import { changedGroups, changedInputs, changedTags, isFine } from './fingerprint.ts';
import type { ImageState } from './image-state.ts';

/** From the image up to the root cause. */
export function compareStates(before: ImageState, after: ImageState): ChangeChain {
  const change = imageChange(before, after);
  const followed = change.changes.some(({ input }) => input === 'parent');
  if (!followed || before.parent === undefined || after.parent === undefined) return [change];
  // Another image than before has no history in common.
  if (before.parent.image !== after.parent.image) return [change];
  return [change, ...compareStates(before.parent, after.parent)];
}

function imageChange(before: ImageState, after: ImageState): ImageChange {
  return {
    id: `${after.image}/${after.architecture}`,
    from: nameOf(before),
    to: nameOf(after),
    ...comparedInputs(before, after),
    forced: after.nonce !== undefined && after.nonce !== before.nonce,
  };
}

function nameOf({ baked }: ImageState): StateName {
  if (baked === undefined) return { version: null, imageId: null, createdAt: null };
  return { ...baked, createdAt: baked.createdAt ?? null };
}

function comparedInputs(before: ImageState, after: ImageState): Pick<ImageChange, 'detail' | 'changes' | 'unknown'> {
  const found = (detail: ImageChange['detail'], changes: readonly InputChange[], unknown: readonly string[] = []) => ({
    detail,
    changes: changes.map((change) => withValues(change, before, after)),
    unknown,
  });
  if (before.inputs && after.inputs) return found('inputs', changedInputs(before.inputs, after.inputs));
  if (before.groups && after.inputs) return found('groups', changedGroups(before.groups, after.inputs));
  if (before.inputs && after.groups) return found('groups', changedGroups(after.groups, before.inputs).map(reversed));
  if (before.groups && after.groups) {
    const unknown = isFine(before.groups) === isFine(after.groups) ? [] : ['layers'];
    return found('groups', changedTags(before.groups, after.groups), unknown);
  }
  return found('none', []);
}

const REVERSED = { added: 'removed', removed: 'added', changed: 'changed' } as const;
const reversed = ({ input, change }: InputChange): InputChange => ({ input, change: REVERSED[change] });

/** Inputs of which more is known than a digest. */
const VALUES: Readonly<Record<string, (state: ImageState) => string | undefined>> = {
  parent: ({ parent }) => parent && `${parent.image} ${parent.baked?.version ?? TO_BE_BAKED}`,
  'source-ami': ({ source }) => source,
  refresh: ({ epoch }) => epoch,
  packages: ({ pin }) => pin && pinText(pin),
  architecture: ({ architecture }) => architecture,
};

const TO_BE_BAKED = '(to be baked)';

function withValues(change: InputChange, before: ImageState, after: ImageState): ChangeFromTo {
  const known = VALUES[change.input];
  const [from, to] = [known?.(before), known?.(after)];
  return { ...change, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function pinText(pin: PackagePin): string {
  if ('release' in pin) return pin.release;
  return pin.mirror === undefined ? pin.snapshot : `${pin.snapshot} of ${pin.mirror}`;
}
