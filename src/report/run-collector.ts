import type { ErrorSummary } from '../model/errors.ts';
import { type BakeEvent, type Emit, type Outcome, type Stage, stageTitle } from '../model/events.ts';
import type { NodeId, RunId, Version } from '../model/ids.ts';
import type { BakePlan, PlanStep, PlanWarning, Reason } from '../model/plan.ts';

interface OpenStage {
  readonly stage: Stage;
  readonly since: number;
}

/** One step of the plan, as far as it has come. */
export interface CollectedImage {
  /** Of the newest plan: a step may be planned again. */
  step: PlanStep;
  reason: Reason | undefined;
  outcome: Outcome | undefined;
  reserved: Version | undefined;
  /** Milliseconds. */
  startedAt: number | undefined;
  seconds: number;
  /** Once it is another one than the configuration names first. */
  instanceType: string | undefined;
  open: OpenStage | undefined;
  readonly stages: { readonly stage: Stage; readonly seconds: number; readonly finished: boolean }[];
  readonly warnings: PlanWarning[];
  readonly removed: string[];
}

/** What the events of a run of bakes have told. */
export interface Collected {
  readonly images: Map<NodeId, CollectedImage>;
  readonly warnings: PlanWarning[];
  plan: BakePlan | undefined;
  run: { readonly run: RunId; readonly command: string; readonly logs: string } | undefined;
  result: { readonly ok: boolean; readonly exitCode: number; readonly error?: ErrorSummary } | undefined;
}

const nothingCollected = (): Collected => ({
  images: new Map(),
  warnings: [],
  plan: undefined,
  run: undefined,
  result: undefined,
});

export function createCollector(now: () => Date): { readonly collected: Collected; readonly take: Emit } {
  const collected = nothingCollected();
  return { collected, take: (event) => collect(collected, event, now().getTime()) };
}

/** Adds what an event says. Events of other verbs say nothing here. */
function collect(collected: Collected, event: BakeEvent, now: number): void {
  if (event.type === 'run-started') collected.run = event;
  if (event.type === 'plan') takePlan(collected, event.plan);
  if (event.type === 'result') takeResult(collected, event);
  if (!('id' in event) || event.id === undefined) {
    if (event.type === 'warning') collected.warnings.push(event.warning);
    return;
  }
  const image = collected.images.get(event.id as NodeId);
  if (image !== undefined) takeOf(image, event, now);
}

function takePlan(collected: Collected, plan: BakePlan): void {
  collected.plan = plan;
  for (const step of plan.steps) {
    const known = collected.images.get(step.id);
    if (known === undefined) collected.images.set(step.id, newImage(step));
    else known.step = step;
  }
}

const newImage = (step: PlanStep): CollectedImage => ({
  step,
  reason: step.action === 'bake' ? step.reason : undefined,
  outcome: undefined,
  reserved: undefined,
  startedAt: undefined,
  seconds: 0,
  instanceType: undefined,
  open: undefined,
  stages: [],
  warnings: [],
  removed: [],
});

function takeOf(image: CollectedImage, event: BakeEvent, now: number): void {
  switch (event.type) {
    case 'bake-started':
      image.startedAt ??= now;
      image.reason = event.reason;
      return;
    case 'version-reserved':
      image.reserved = event.version;
      return;
    case 'stage-started':
      endStage(image, now);
      image.open = { stage: event.stage, since: now };
      return;
    case 'stage-finished':
      if (image.open !== undefined && stageTitle(image.open.stage) === stageTitle(event.stage)) image.open = undefined;
      image.stages.push({ stage: event.stage, seconds: event.seconds, finished: true });
      return;
    case 'bake-retried':
      image.instanceType = event.instanceType;
      return;
    case 'warning':
      image.warnings.push(event.warning);
      return;
    case 'removed':
      image.removed.push(event.what);
      return;
    case 'bake-finished':
      endStage(image, now);
      image.outcome = event.outcome;
      image.seconds = event.seconds;
      return;
    default:
      return;
  }
}

/** A stage without an end has failed, or was stopped. */
function endStage(image: CollectedImage, now: number): void {
  if (image.open === undefined) return;
  const { stage, since } = image.open;
  image.open = undefined;
  image.stages.push({ stage, seconds: (now - since) / 1000, finished: false });
}

function takeResult(collected: Collected, { ok, exitCode, error }: Extract<BakeEvent, { type: 'result' }>): void {
  collected.result = { ok, exitCode, ...(error === undefined ? {} : { error }) };
}
