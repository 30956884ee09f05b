import { BakeError, usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import type { ImageName } from '../model/ids.ts';
import type { PruneDecision, PrunePlan, RetiredVersion, RetireOutcome } from '../model/prune.ts';
import { chooseColor } from '../report/mode.ts';
import { pruneText } from '../report/prune-text.ts';
import type { Lease } from '../run/promote-effects.ts';
import { carryOut, workOf } from '../run/prune/carry-out.ts';
import { lookAndPlan } from '../run/prune/look.ts';
import { type Acting, acting } from './acting.ts';
import { type CommandIo, type CommonOptions, columnsOf, print, printJson } from './io.ts';
import { openLeases } from './open-leases.ts';
import { type OpenPrune, openPrune } from './open-prune.ts';
import { orAborted } from './or-aborted.ts';
import { newRunId } from './run-id.ts';
import { setupOnStderr } from './setup-events.ts';
import { undo } from './undo-prune.ts';

export interface PruneOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly undo?: string;
}

/** `bake prune [image…]`: which versions nothing needs. `--yes` retires them, and deregisters those whose grace is over. */
export async function prune(names: readonly string[], options: PruneOptions, io: CommandIo): Promise<number> {
  if (options.undo !== undefined) {
    if (names.length > 0) throw usage('--undo brings one version back', 'Write bake prune --undo <image>@<version>.');
    return undo(options.undo, options, io);
  }
  if (options.yes && !options.dryRun)
    return (await acting(options, io, (acts) => retire(names, options, io, acts))).exitCode;
  const open = await openPrune(names, options, io, setupOnStderr(io));
  try {
    const plan = await look(open, io);
    if (options.json) printJson(io, plan);
    else {
      print(io, textOf(plan, io));
      if (works(plan).length > 0) io.stderr.write('Nothing was changed; add --yes.\n');
    }
    return 0;
  } finally {
    open.close();
  }
}

async function retire(
  names: readonly string[],
  options: PruneOptions,
  io: CommandIo,
  { emit, shown }: Acting,
): Promise<ReadonlyMap<string, RetireOutcome>> {
  const open = await openPrune(names, options, io, emit);
  const leases: Lease[] = [];
  try {
    const first = await look(open, io);
    const promoting = await takeLeases(open, imagesIn(first), leases, io, emit);
    // Under leases nobody else moves a channel: what is seen now stays so.
    const second = leases.length > 0 || promoting.size > 0 ? await look(open, io, promoting) : first;
    const agreed = new Set(works(first).map(({ id, action }) => `${action} ${id}`));
    const all = works(second).filter(({ id, action }) => agreed.has(`${action} ${id}`));
    emit({ type: 'prune-planned', plan: second });
    await shown();
    if (!options.json) print(io, textOf(second, io));
    const signal = AbortSignal.any([io.signal, ...leases.map((lease) => lease.signal)]);
    return await carryOut(all.map(workOf), open.effects(), { emit, signal });
  } finally {
    await Promise.all(leases.map((lease) => lease.release()));
    open.close();
  }
}

const look = ({ request, effects }: OpenPrune, io: CommandIo, promoting: PrunePlanning = new Map()) =>
  orAborted(io.signal, lookAndPlan({ ...request, promoting }, effects(), new Date()));

type PrunePlanning = ReadonlyMap<ImageName, string>;

const isWork = (decision: PruneDecision): decision is RetiredVersion =>
  decision.action === 'retire' || decision.action === 'deregister';

const works = ({ decisions }: PrunePlan): readonly RetiredVersion[] => decisions.filter(isWork);

const imagesIn = (plan: PrunePlan): readonly ImageName[] =>
  [...new Set(works(plan).map(({ image }) => image))].toSorted();

/** Those that a promotion has are left alone. In the order of promotion, so that nobody waits for one another. */
async function takeLeases(
  { config, state }: OpenPrune,
  images: readonly ImageName[],
  leases: Lease[],
  { signal }: CommandIo,
  emit: Emit,
): Promise<PrunePlanning> {
  const promoting = new Map<ImageName, string>();
  const channels = [...config.channels.keys()].toSorted();
  if (images.length === 0 || channels.length === 0) return promoting;
  if (state === undefined) {
    const message = 'no state bucket: nothing keeps a promotion of what is retired from running at the same time';
    const hint = 'Name one: `state` in the configuration, then bake state init.';
    emit({ type: 'warning', warning: { code: 'no-lease', message, hint } });
    return promoting;
  }
  const source = openLeases(state, newRunId(new Date()));
  for (const image of images) {
    for (const channel of channels) {
      try {
        leases.push(await source.acquire(channel, image, { signal }));
      } catch (error) {
        if (!(error instanceof BakeError) || error.code !== 'lease-held') throw error;
        promoting.set(image, error.message);
        emit({ type: 'warning', warning: { code: 'lease-held', message: `${image} is left alone: ${error.message}` } });
      }
    }
  }
  return promoting;
}

function textOf(plan: PrunePlan, io: CommandIo): string {
  const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
  return pruneText(plan, { columns: columnsOf(io), color, now: new Date() });
}
