import type { Outcome, Stage } from '../model/events.ts';
import type {
  BakeCost,
  ImageReport,
  RunCost,
  RunFacts,
  RunReport,
  RunTotals,
  StageReport,
} from '../model/run-report.ts';
import type { Collected, CollectedImage } from './run-collector.ts';

export interface RunReportRequest {
  readonly tool: string;
  /** Without the run's id: `bake all`. */
  readonly command: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  /** Undefined: the run ended before there was a configuration. */
  readonly facts: RunFacts | undefined;
}

export function runReport(collected: Collected, request: RunReportRequest): RunReport {
  const { tool, startedAt, finishedAt, facts } = request;
  const { run, plan, warnings, result } = collected;
  const images = [...collected.images.values()].map((image) => imageReport(image, facts));
  const costs = images.flatMap(({ cost }) => cost ?? []);
  return {
    version: 1,
    tool,
    project: facts?.project ?? plan?.project ?? null,
    region: facts?.region ?? plan?.region ?? null,
    run: run?.run ?? null,
    command: request.command,
    logs: run?.logs ?? null,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    seconds: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    ok: result?.ok ?? false,
    exitCode: result?.exitCode ?? 1,
    ...(result?.error === undefined ? {} : { error: result.error }),
    totals: totalsOf(images),
    images,
    warnings,
    cost: costs.length === 0 ? null : together(costs),
    plan: plan ?? null,
  };
}

function imageReport(collected: CollectedImage, facts: RunFacts | undefined): ImageReport {
  const { step, reason, outcome, reserved, startedAt, seconds, stages, warnings, removed, instanceType } = collected;
  const { id, image, architecture, action } = step;
  const builderSeconds = builderTime(stages);
  return {
    id,
    image,
    architecture,
    level: facts?.levelOf(image) ?? 0,
    action,
    ...(reason === undefined ? {} : { reason }),
    outcome: outcome ?? null,
    version: versionOf(outcome) ?? reserved ?? null,
    startedAt: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    seconds,
    stages,
    warnings,
    removed,
    cost:
      facts === undefined || builderSeconds === undefined
        ? null
        : facts.costOf(image, architecture, { builderSeconds, instanceType, made: outcome?.status === 'done' }),
  };
}

const versionOf = (outcome: Outcome | undefined) =>
  outcome?.status === 'done' || outcome?.status === 'reused' ? outcome.version : undefined;

/** From its launch until it is stopped: EC2 bills no instance while the snapshot is made. */
const WITH_BUILDER: readonly Stage['name'][] = ['launch', 'connect', 'prepare', 'layer', 'record', 'stop'];

function builderTime(stages: readonly StageReport[]): number | undefined {
  const times = stages.filter(({ stage }) => WITH_BUILDER.includes(stage.name));
  return times.length === 0 ? undefined : times.reduce((sum, { seconds }) => sum + seconds, 0);
}

function totalsOf(images: readonly ImageReport[]): RunTotals {
  const count = (status: Outcome['status'] | undefined) =>
    images.filter(({ outcome }) => outcome?.status === status).length;
  return {
    done: count('done'),
    reused: count('reused'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    open: count(undefined),
  };
}

function together(costs: readonly BakeCost[]): RunCost {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const days = costs.flatMap(({ asOf }) => asOf ?? []).sort();
  return {
    builderSeconds: sum(costs.map(({ builderSeconds }) => builderSeconds)),
    builderUsd: sum(costs.map(({ builderUsd }) => builderUsd ?? 0)),
    storageUsdPerMonth: sum(costs.map(({ storageUsdPerMonth }) => storageUsdPerMonth)),
    verified: costs.every(({ verified }) => verified),
    asOf: days[0] ?? null,
    withoutPrice: [...new Set(costs.flatMap((cost) => (cost.builderUsd === null ? cost.instanceType : [])))].sort(),
  };
}
