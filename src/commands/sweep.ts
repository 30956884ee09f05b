import { AGE_RULE, parseAge } from '../config/durations.ts';
import { loadConfig } from '../config/load.ts';
import { usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import { type ProjectName, parseRegion, type Region } from '../model/ids.ts';
import { errorOf, type SweepOutcome, type SweepPlan } from '../model/sweep.ts';
import { sweptSites } from '../plan/sweep/sites.ts';
import { chooseColor } from '../report/mode.ts';
import { sweepText } from '../report/sweep.ts';
import { isGone } from '../run/processes.ts';
import { leaseLook } from '../run/state/lease-look.ts';
import { lookForLeftovers } from '../run/sweep/look.ts';
import { removeAll } from '../run/sweep/remove.ts';
import type { SweepSite } from '../run/sweep-effects.ts';
import { type Acting, acting } from './acting.ts';
import { connect } from './connect.ts';
import { type CommandIo, type CommonOptions, columnsOf, configOption, print, printJson } from './io.ts';
import { openState } from './open-state.ts';
import { orAborted } from './or-aborted.ts';
import { systemProcesses } from './processes.ts';
import { setupOnStderr } from './setup-events.ts';

export interface SweepOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly olderThan?: string;
  readonly region?: readonly string[];
}

/** Longer than any run lasts that has not said otherwise. */
const OLDER_THAN = '6h';

/** `bake sweep`: what dead runs left, everywhere. With `--yes` it is removed; without, nothing is changed. */
export async function sweep(options: SweepOptions, io: CommandIo): Promise<number> {
  if (options.yes) return (await acting(options, io, (acts) => removing(options, io, acts))).exitCode;
  const open = await openSweep(options, io, setupOnStderr(io));
  try {
    const plan = await orAborted(io.signal, open.look());
    if (options.json) printJson(io, plan);
    else print(io, listText(plan, io));
    return [...plan.sites.map(({ error }) => error), ...plan.spared.map(errorOf)].every((one) => one === undefined)
      ? 0
      : 1;
  } finally {
    open.close();
  }
}

async function removing(
  options: SweepOptions,
  io: CommandIo,
  { emit, shown, found }: Acting,
): Promise<ReadonlyMap<string, SweepOutcome>> {
  const open = await openSweep(options, io, emit);
  try {
    const plan = await orAborted(io.signal, open.look());
    if (!options.json) {
      await shown();
      print(io, sweepText(plan, textOptions(io)));
    }
    emit({ type: 'sweep-planned', plan });
    const outcomes = await removeAll(plan, open.sites, { emit, signal: io.signal });
    found(outcomes);
    return outcomes;
  } finally {
    open.close();
  }
}

interface OpenSweep {
  readonly sites: readonly SweepSite[];
  look(): Promise<SweepPlan>;
  close(): void;
}

async function openSweep(options: SweepOptions, io: CommandIo, emit: Emit): Promise<OpenSweep> {
  const olderThan = ageOption(options.olderThan ?? OLDER_THAN);
  const regions = (options.region ?? []).map(regionOption);
  const config = await loadConfig(configOption(options, io));
  const { project, channels } = config;
  const connected = await connect(config, options, io, emit);
  const { connection } = connected;
  const [{ callerAccount }, { createSites }, { createSweepSite }] = await Promise.all([
    import('../aws/identity.ts'),
    import('../aws/sites.ts'),
    import('../aws/sweep-site.ts'),
  ]);
  const caller = await orAborted(io.signal, callerAccount(connection));
  const targets = [...channels.values()].flatMap((channel) => channel.targets);
  const roles = new Map(
    targets.flatMap(({ account = caller, role }) => (role === undefined ? [] : [[account, role] as const])),
  );
  const sites = createSites({ connection, caller, roles, session: sessionOf(project), now: Date.now });
  const place = await orAborted(io.signal, openState(config, connected));
  const swept = sweptSites(config, caller, regions).map((site) => createSweepSite(sites.at(site), project));
  return {
    sites: swept,
    look: () =>
      lookForLeftovers(swept, place === undefined ? async () => false : leaseLook(place), {
        project,
        channels: [...channels.keys()],
        olderThan,
        now: new Date(),
        isGone: (owner) => isGone(owner, systemProcesses),
      }),
    close: () => sites.close(),
  };
}

/** STS takes 64 characters. */
const sessionOf = (project: ProjectName): string => `bake-sweep-${project}`;

function listText(plan: SweepPlan, io: CommandIo): string {
  const text = sweepText(plan, textOptions(io));
  return plan.leftovers.length === 0 ? text : `${text}\nbake sweep --yes removes what is listed.`;
}

const textOptions = (io: CommandIo) => ({
  now: new Date(),
  columns: columnsOf(io),
  color: chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env }),
});

function ageOption(text: string): number {
  const seconds = parseAge(text);
  if (seconds === undefined) throw usage(`--older-than ${JSON.stringify(text)} is not ${AGE_RULE}`);
  return seconds;
}

function regionOption(text: string): Region {
  const region = parseRegion(text);
  if (region === undefined) throw usage(`--region ${JSON.stringify(text)} is not a region such as eu-west-1`);
  return region;
}
