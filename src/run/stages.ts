import { type Emit, type Stage, stageTitle } from '../model/events.ts';
import type { Leaked, Regional, Unclean, Unpinned } from '../model/guarded.ts';
import type { NodeId } from '../model/ids.ts';
import { isOutside, type ProvisionStep, shortName } from '../render/provisioning.ts';
import { notPinnedWarning, unprotectedWarning } from './builder-warnings.ts';
import type { Clock, PackerMessage, Progress } from './effects.ts';

/** Output lines that a failure shows. */
const KEPT_LINES = 15;

/** Follows one bake through its stages: each ends when the next one starts. Remembers what a failure has to tell. */
export class StageTracker {
  private current: { readonly stage: Stage; readonly since: number } | undefined;
  private lines: string[] = [];
  private failed: { readonly step: ProvisionStep; readonly exitCode: number | undefined } | undefined;
  /** Under way, and told by Packer alone when it fails. */
  private outside: ProvisionStep | undefined;
  /** Packer goes on to its own clean-up before it ends, which is not where it failed. */
  private failedIn: Stage | undefined;
  private readonly unclean: Unclean[] = [];
  private readonly leaked: Leaked[] = [];
  private readonly unpinned: Unpinned[] = [];
  private readonly regional: Regional[] = [];
  private unfinishedAfter: number | undefined;
  private unlaid: Extract<Progress, { kind: 'artifact-not-laid' }> | undefined;
  private readonly id: NodeId;
  private readonly steps: readonly ProvisionStep[];
  private readonly clock: Clock;
  private readonly emit: Emit;

  constructor(id: NodeId, steps: readonly ProvisionStep[], clock: Clock, emit: Emit) {
    this.id = id;
    this.steps = steps;
    this.clock = clock;
    this.emit = emit;
  }

  start(stage: Stage): void {
    if (this.current !== undefined && stageTitle(this.current.stage) === stageTitle(stage)) return;
    this.finish();
    this.current = { stage, since: this.clock.now().getTime() };
    this.emit({ type: 'stage-started', id: this.id, stage });
  }

  finish(): void {
    if (this.current === undefined) return;
    const { stage, since } = this.current;
    this.current = undefined;
    this.emit({ type: 'stage-finished', id: this.id, stage, seconds: (this.clock.now().getTime() - since) / 1000 });
  }

  /** Ends the stage without an end: one that fails is not finished. */
  fail(): void {
    this.failedIn ??= this.current?.stage;
    this.current = undefined;
  }

  message(message: PackerMessage): void {
    const { progress } = message;
    if (progress?.kind === 'stage') {
      if (progress.stage === 'clean-up') this.fail();
      if (progress.stage === 'clean-up' && this.outside !== undefined)
        this.failed ??= { step: this.outside, exitCode: undefined };
      this.start({ name: progress.stage });
    }
    if (progress?.kind === 'step-started') this.startStep(progress.number);
    if (progress?.kind === 'step-done') this.outside = undefined;
    if (progress?.kind === 'step-failed') {
      const step = this.step(progress.number);
      if (step !== undefined) this.failed = { step, exitCode: progress.exitCode };
    }
    if (progress !== undefined) this.finding(progress);
    if (message.internal) return;
    if (this.failed === undefined) this.lines = [...this.lines.slice(1 - KEPT_LINES), message.text];
    this.emit({ type: 'output', id: this.id, line: message.text });
  }

  private finding(progress: Progress): void {
    const { id, emit } = this;
    if (progress.kind === 'protected') emit({ type: 'protected', id, protection: progress.protection });
    if (progress.kind === 'unprotected')
      emit({ type: 'warning', id, warning: unprotectedWarning(progress.unprotected) });
    if (progress.kind === 'unclean') this.unclean.push(progress.unclean);
    if (progress.kind === 'leaked') this.leaked.push(progress.leaked);
    if (progress.kind === 'unpinned') this.unpinned.push(progress.unpinned);
    if (progress.kind === 'elsewhere') emit({ type: 'warning', id, warning: notPinnedWarning(progress.source) });
    if (progress.kind === 'regional') this.regional.push(progress.regional);
    if (progress.kind === 'artifact-not-laid') this.unlaid = progress;
    if (progress.kind === 'cloud-init-unfinished') this.unfinishedAfter = progress.seconds;
  }

  /** What failed, as far as the output tells. */
  failure(): {
    readonly stage: Stage | undefined;
    readonly step: ProvisionStep | undefined;
    readonly exitCode: number | undefined;
    readonly lastLines: readonly string[];
    readonly unclean: readonly Unclean[];
    readonly leaked: readonly Leaked[];
    readonly unpinned: readonly Unpinned[];
    readonly regional: readonly Regional[];
    /** Seconds that were waited for cloud-init in vain. */
    readonly unfinishedAfter: number | undefined;
    readonly unlaid: Extract<Progress, { kind: 'artifact-not-laid' }> | undefined;
  } {
    return {
      stage: this.failedIn ?? this.current?.stage,
      step: this.failed?.step,
      exitCode: this.failed?.exitCode,
      lastLines: this.lines,
      unclean: this.unclean,
      leaked: this.leaked,
      unpinned: this.unpinned,
      regional: this.regional,
      unfinishedAfter: this.unfinishedAfter,
      unlaid: this.unlaid,
    };
  }

  private startStep(number: number): void {
    const step = this.step(number);
    if (step === undefined) return;
    this.outside = isOutside(step) ? step : undefined;
    this.start({ name: 'layer', layer: step.layer.name, script: shortName(step) });
  }

  private step(number: number): ProvisionStep | undefined {
    return this.steps.find((step) => step.number === number);
  }
}
