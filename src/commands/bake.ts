import { type Given, withGiven } from '../config/given.ts';
import type { Emit, Outcome } from '../model/events.ts';
import type { NodeId } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import type { PlanStep } from '../model/plan.ts';
import { explainPlan } from '../plan/explain.ts';
import { limitsOf, type OnFailure } from '../plan/limits.ts';
import type { PlanRequest } from '../plan/plan-bake.ts';
import { epochsAt } from '../plan/refresh.ts';
import type { Mask } from '../report/mask.ts';
import { table } from '../report/table.ts';
import { type RunOptions, runBakePlan } from '../run/bake-plan.ts';
import { type Acting, acting } from './acting.ts';
import { checkFailed, checkPlan, checkWarning } from './check-plan.ts';
import { connect } from './connect.ts';
import { type CommandIo, type CommonOptions, columnsOf, print } from './io.ts';
import { loadProject } from './load-project.ts';
import { observeAndPlan } from './observe.ts';
import { openBakeTools, prepareBake } from './open-bake.ts';
import { openRunFiles, type ReportOptions } from './run-files.ts';
import { newRunId, nonceOf } from './run-id.ts';
import { parseArchitectures, parseParallel, parseVersionOption, selectImages } from './selection.ts';
import { setupEvents } from './setup-events.ts';

/** Of every verb that bakes. */
export interface BakingOptions extends CommonOptions, ReportOptions, Given {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly arch?: string;
  readonly parallel?: string;
  readonly onFailure?: OnFailure;
  readonly keepOnError?: boolean;
  readonly frozen?: boolean;
}

export interface BakeOptions extends BakingOptions {
  readonly version?: string;
  readonly withParents?: boolean;
}

type Kind = Image['origin']['kind'];

/** What a verb has chosen to bake. */
export interface Chosen extends Pick<PlanRequest, 'parents' | 'architectures'> {
  /** With the values of the command line. */
  readonly config: Config;
  readonly images: readonly Image[];
  readonly version?: RunOptions['version'];
}

/** `bake base [name…]` and `bake service <name…>`: plans, bakes what is not there yet, prints the images. */
export function bake(kind: Kind, names: readonly string[], options: BakeOptions, io: CommandIo): Promise<number> {
  return bakeChosen(`bake ${kind}`, options, io, (written) => {
    const images = selectImages(written, names, kind);
    const architectures = parseArchitectures(options.arch, images);
    const given = parseVersionOption(options.version);
    const asked = images.map(({ name }) => name);
    const version = given === undefined ? undefined : { value: given, images: asked };
    const config = withGiven(written, asked, options, io.cwd);
    return { config, images, architectures, version, parents: options.withParents ? 'bake' : 'use-existing' };
  });
}

export async function bakeChosen(
  command: string,
  options: BakingOptions,
  io: CommandIo,
  choose: (config: Config, emit: Emit) => Chosen | Promise<Chosen>,
): Promise<number> {
  let dryRun: string | undefined;
  const files = openRunFiles(command, options, io);
  const startedWith = { ...io.env };
  const work = async ({ emit, mask }: Acting) => {
    const config = await loadProject(options, io);
    files.about(config);
    const chosen = await choose(config, emit);
    const done = await planAndBake(command, chosen, options, io, { emit, mask, startedWith });
    dryRun = done.dryRun;
    return done.outcomes;
  };
  const { exitCode, outcomes } = await acting(options, io, work, files);
  if (options.json) return exitCode;
  if (dryRun !== undefined) print(io, dryRun);
  const rows = finishedRows(outcomes);
  if (rows.length > 0) print(io, table(rows, { columns: columnsOf(io) }));
  return exitCode;
}

interface Done {
  readonly outcomes: ReadonlyMap<NodeId, Outcome>;
  readonly dryRun?: string;
}

async function planAndBake(
  command: string,
  { config: loaded, images: selected, architectures, parents, version }: Chosen,
  options: BakingOptions,
  io: CommandIo,
  { emit, mask, startedWith }: { readonly emit: Emit; readonly mask: Mask; readonly startedWith: NodeJS.ProcessEnv },
): Promise<Done> {
  const parallel = parseParallel(options.parallel);
  const asked = selected.map((image) => image.name);
  const now = new Date();
  const run = newRunId(now);

  const connected = await connect(loaded, options, io, emit);
  const tools = await openBakeTools({ config: loaded, connected, mask, emit, signal: io.signal });
  const request: PlanRequest = {
    config: loaded,
    images: asked,
    architectures,
    parents,
    force: options.force ?? false,
    nonce: nonceOf(run),
    epochs: epochsAt(now),
  };
  const { lockFile } = connected;
  const observed = await observeAndPlan(request, {
    ...tools,
    lockFile,
    frozen: options.frozen ?? false,
    readOnly: options.dryRun ?? false,
  });
  const { config } = observed;
  const { plan, errors, warnings } = await checkPlan(config, observed.planned.plan);
  emit({ type: 'plan', plan });
  if (errors.length > 0 && !options.dryRun) throw checkFailed(errors);
  for (const warning of [...plan.warnings, ...warnings.map(checkWarning)]) emit({ type: 'warning', warning });
  if (version !== undefined) warnOfOtherVersions(plan.steps, version, emit);
  if (options.dryRun) return { outcomes: new Map(), dryRun: explainPlan(plan) };

  const images = plan.steps.flatMap((step) => (step.action === 'bake' ? (config.images.get(step.image) ?? []) : []));
  if (images.length === 0) return { outcomes: reused(plan.steps, emit) };
  const { context, packer } = await prepareBake({
    config,
    connected,
    tools,
    run,
    images,
    keepOnError: options.keepOnError ?? false,
    startedWith,
    onStep: setupEvents(emit),
  });
  emit({ type: 'run-started', run, command, logs: context.runDir });
  const limits = limitsOf({ limits: config.limits, parallel, sandbox: connected.sandbox });
  const onFailure = options.onFailure ?? 'finish-independent';
  // Beside the bakes, which take longer.
  const [outcomes] = await Promise.all([
    runBakePlan(observed, context, { ...tools, packer, emit }, { version, limits, onFailure }),
    tools.catchUp(io.signal),
  ]);
  return { outcomes };
}

/** What has not changed is reused as the version that it is, which is not what `--version` asked for. */
function warnOfOtherVersions(steps: readonly PlanStep[], asked: NonNullable<RunOptions['version']>, emit: Emit): void {
  for (const step of steps) {
    if (step.action !== 'reuse' || step.version === asked.value || !asked.images.includes(step.image)) continue;
    const message = `it has not changed since ${step.version}, so no ${asked.value} is made of it`;
    const hint = `Add --force to bake it as ${asked.value}.`;
    emit({ type: 'warning', id: step.id, warning: { code: 'version-not-made', message, hint } });
  }
}

/** Nothing to bake needs no Packer, no folder and no key. */
function reused(steps: readonly PlanStep[], emit: Emit): ReadonlyMap<NodeId, Outcome> {
  const outcomes = new Map<NodeId, Outcome>();
  for (const step of steps) {
    if (step.action !== 'reuse') continue;
    const outcome: Outcome = { status: 'reused', imageId: step.imageId, version: step.version };
    outcomes.set(step.id, outcome);
    emit({ type: 'bake-finished', id: step.id, outcome, seconds: 0 });
  }
  return outcomes;
}

function finishedRows(outcomes: ReadonlyMap<string, Outcome>): string[][] {
  return [...outcomes].flatMap(([id, outcome]) =>
    outcome.status === 'done' || outcome.status === 'reused'
      ? [[id, outcome.version, outcome.imageId, outcome.status === 'done' ? 'baked' : 'reused']]
      : [],
  );
}
