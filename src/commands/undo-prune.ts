import { BakeError, usage } from '../model/errors.ts';
import { type BakedVersion, imagesOf, type RetireOutcome, type VersionId } from '../model/prune.ts';
import { retiredMark } from '../model/retired.ts';
import { TAG } from '../model/tags.ts';
import { relations } from '../plan/prune/decide.ts';
import { undoSteps } from '../plan/prune/retire-steps.ts';
import { retireStepText } from '../report/prune-words.ts';
import { carryOut, type Work } from '../run/prune/carry-out.ts';
import { listVersions } from '../run/prune/look.ts';
import { type Acting, acting } from './acting.ts';
import { type CommandIo, print } from './io.ts';
import { openPrune } from './open-prune.ts';
import { orAborted } from './or-aborted.ts';
import type { PruneOptions } from './prune.ts';

/** `bake prune --undo <image>@<version>`: it and what it stands on can be launched again, by whomever it could be. */
export async function undo(reference: string, options: PruneOptions, io: CommandIo): Promise<number> {
  return (await acting(options, io, (acts) => bringBack(reference, options, io, acts))).exitCode;
}

async function bringBack(
  reference: string,
  options: PruneOptions,
  io: CommandIo,
  { emit, shown }: Acting,
): Promise<ReadonlyMap<string, RetireOutcome>> {
  const [name = '', version = ''] = reference.split('@');
  if (version === '') throw usage(`${reference} names no version`, `Write bake prune --undo ${name}@<version>.`);
  const open = await openPrune([], options, io, emit);
  try {
    const versions = await orAborted(io.signal, listVersions(open.request, open.effects()));
    const named = versions.filter((one) => one.image === name && one.version === version);
    const retired = named.filter(isRetired);
    if (retired.length === 0) throw notRetired(reference, named.length > 0, versions);
    const works = worksFor(retired, versions);
    if (options.dryRun) {
      await shown();
      if (!options.json) print(io, works.flatMap(({ steps }) => steps.map(retireStepText)).join('\n'));
      return new Map();
    }
    const outcomes = await carryOut(works, open.effects(), { emit, signal: io.signal });
    await shown();
    return outcomes;
  } finally {
    open.close();
  }
}

const isRetired = (version: BakedVersion): boolean =>
  imagesOf(version).some(({ tags }) => tags[TAG.retired] !== undefined);

/** What it stands on comes back before it: a version that is kept has its parents. */
function worksFor(retired: readonly BakedVersion[], versions: readonly BakedVersion[]): readonly Work[] {
  const { parentOf } = relations(versions);
  const all = new Map<VersionId, Work>();
  const add = (version: BakedVersion): VersionId[] => {
    const parent = parentOf(version);
    const after = parent === undefined || parent.id === version.id ? [] : add(parent);
    if (!isRetired(version)) return after;
    const unreadable = imagesOf(version).find(({ tags }) => retiredMark(tags) === 'unreadable');
    if (unreadable !== undefined) throw markUnreadable(version.id, unreadable.imageId);
    const steps = undoSteps(version, new Date());
    all.set(version.id, { id: version.id, after, steps, outcome: { status: 'restored' } });
    return [version.id];
  };
  for (const version of retired) add(version);
  return [...all.values()];
}

function notRetired(reference: string, isThere: boolean, versions: readonly BakedVersion[]): BakeError {
  const retired = [...new Set(versions.filter(isRetired).map(({ image, version }) => `${image}@${version}`))];
  const hint = retired.length === 0 ? 'Nothing is retired.' : `Retired are ${retired.slice(0, 8).join(', ')}.`;
  return usage(isThere ? `${reference} is not retired` : `there is no ${reference} any more`, hint);
}

const markUnreadable = (id: VersionId, imageId: string): BakeError =>
  new BakeError({
    code: 'retired-unreadable',
    message: `${id}: the tag ${TAG.retired} of ${imageId} is not one of ours, so what was before is not known`,
    hint: 'Enable it by hand (aws ec2 enable-image), share it again, and take the tag off.',
    blame: 'user',
  });
