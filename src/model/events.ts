import type { TargetId } from './channel.ts';
import type { ErrorSummary } from './errors.ts';
import type { Protection } from './guarded.ts';
import type { AmiId, CloneId, LayerName, NodeId, RunId, Version } from './ids.ts';
import type { BakePlan, PlanWarning, Reason } from './plan.ts';
import type { PointerName, PromotionPlan, SiteOutcome, SiteStep, WantedId } from './promotion.ts';
import type { PrunePlan, RetireOutcome, RetireStep, VersionId } from './prune.ts';
import type { PlaceId, PlaceOutcome, PlacePlan } from './publishing.ts';
import type { Leftover, SweepOutcome, SweepPlan } from './sweep.ts';
import type { TestResult, TrialReport } from './trial.ts';

/** What a bake or a trial passes through. A layer's stage carries the layer's and the script's name. */
export type Stage =
  | {
      readonly name:
        | 'reserve'
        | 'launch'
        | 'connect'
        | 'prepare'
        | 'record'
        | 'stop'
        | 'snapshot'
        | 'tags'
        | 'clean-up'
        | TrialStage;
    }
  | { readonly name: 'layer'; readonly layer: string; readonly script?: string };

/** Of a trial alone; it shares `launch` and `connect`. */
export type TrialStage = 'copy' | 'cloud-init' | 'check' | 'reboot' | 'check-again' | 'tests' | 'terminate';

export type Outcome =
  | { readonly status: 'done'; readonly imageId: AmiId; readonly version: Version }
  | { readonly status: 'reused'; readonly imageId: AmiId; readonly version: Version }
  | { readonly status: 'failed'; readonly error: ErrorSummary }
  /** `culprit`: the bake without which this one could not be. */
  | { readonly status: 'cancelled'; readonly because: string; readonly culprit?: NodeId };

export type AnyOutcome = Outcome | PlaceOutcome | SiteOutcome | RetireOutcome | SweepOutcome;

/** Everything that happens. Reporters render these and nothing else; `--json` prints them as NDJSON with `v` and `at`. */
export type BakeEvent =
  | { readonly type: 'run-started'; readonly run: RunId; readonly command: string; readonly logs: string }
  | { readonly type: 'plan'; readonly plan: BakePlan }
  | { readonly type: 'warning'; readonly warning: PlanWarning; readonly id?: NodeId | CloneId }
  | { readonly type: 'bake-started'; readonly id: NodeId; readonly reason: Reason }
  | { readonly type: 'version-reserved'; readonly id: NodeId; readonly version: Version }
  /** EC2 had no room for the builder, or took it away: the next attempt, and where. */
  | {
      readonly type: 'bake-retried';
      readonly id: NodeId;
      readonly attempt: number;
      /** EC2's code: `InsufficientInstanceCapacity`. */
      readonly because: string;
      readonly instanceType: string;
      readonly subnet?: string;
    }
  /** Another run bakes the same image as this version, and is waited for; where it says so, who runs it on which machine. */
  | {
      readonly type: 'bake-joined';
      readonly id: NodeId;
      readonly run: string;
      readonly version: Version;
      readonly host?: string;
      readonly user?: string;
    }
  | { readonly type: 'stage-started'; readonly id: NodeId | CloneId; readonly stage: Stage }
  | { readonly type: 'stage-finished'; readonly id: NodeId | CloneId; readonly stage: Stage; readonly seconds: number }
  /** One line that the builder, or the machine under trial, wrote. */
  | { readonly type: 'output'; readonly id: NodeId | CloneId; readonly line: string }
  | { readonly type: 'removed'; readonly id: NodeId | CloneId; readonly what: string }
  /** The guard on the builder: cloud-init will leave what a layer has baked as it is. */
  | { readonly type: 'protected'; readonly id: NodeId; readonly protection: Protection }
  | { readonly type: 'bake-finished'; readonly id: NodeId; readonly outcome: Outcome; readonly seconds: number }
  /** One machine of a trial: launched from the image, checked, ended. */
  | { readonly type: 'clone-started'; readonly id: CloneId; readonly imageId: AmiId; readonly version: Version }
  | { readonly type: 'test-finished'; readonly id: CloneId; readonly test: TestResult }
  | { readonly type: 'clone-finished'; readonly id: CloneId; readonly outcome: Outcome; readonly seconds: number }
  /** `--keep`: the machine is left, and this is how to reach it. */
  | { readonly type: 'kept'; readonly id: CloneId; readonly instanceId: string; readonly login: string }
  | { readonly type: 'trial-finished'; readonly id: NodeId; readonly report: TrialReport }
  /** `bake shell`: a machine to try layers on. `reused`: it was there already. `on`: what it was launched from. */
  | { readonly type: 'shell-started'; readonly id: CloneId; readonly on: string; readonly reused: boolean }
  | {
      readonly type: 'shell-ready';
      readonly id: CloneId;
      readonly instanceId: string;
      readonly login: string;
      /** Layers that were run whole, in their order. */
      readonly layers: readonly { readonly layer: LayerName; readonly seconds: number }[];
      readonly seconds: number;
    }
  /** Region config of one place, before anything is written there. */
  | { readonly type: 'place-planned'; readonly id: PlaceId; readonly plan: PlacePlan }
  | { readonly type: 'place-started'; readonly id: PlaceId }
  | { readonly type: 'bucket-changed'; readonly id: PlaceId; readonly bucket: string; readonly change: string }
  | { readonly type: 'object-written'; readonly id: PlaceId; readonly name: string; readonly bytes: number }
  | {
      readonly type: 'place-finished';
      readonly id: PlaceId;
      readonly outcome: PlaceOutcome;
      readonly seconds: number;
    }
  /** A promotion, a repair or a rollback, before anything is done. */
  | { readonly type: 'promotion-planned'; readonly plan: PromotionPlan }
  | { readonly type: 'site-started'; readonly id: WantedId }
  | { readonly type: 'site-step'; readonly id: WantedId; readonly step: SiteStep }
  /** Percent of a copy. */
  | { readonly type: 'site-progress'; readonly id: WantedId; readonly imageId: AmiId; readonly percent: number }
  | {
      readonly type: 'site-finished';
      readonly id: WantedId;
      readonly outcome: SiteOutcome;
      readonly seconds: number;
    }
  | {
      readonly type: 'pointer-moved';
      readonly target: TargetId;
      readonly pointer: PointerName;
      readonly from?: string;
      readonly to: AmiId;
    }
  /** `to` is missing: there was none before, and it is removed again. */
  | {
      readonly type: 'pointer-put-back';
      readonly target: TargetId;
      readonly pointer: PointerName;
      readonly to?: string;
    }
  /** What dead runs have left, before anything is removed. */
  | { readonly type: 'sweep-planned'; readonly plan: SweepPlan }
  | { readonly type: 'leftover-removed'; readonly id: TargetId; readonly leftover: Leftover }
  | { readonly type: 'sweep-finished'; readonly id: TargetId; readonly outcome: SweepOutcome; readonly seconds: number }
  /** What `bake prune --yes` is about to do, and what it leaves alone. */
  | { readonly type: 'prune-planned'; readonly plan: PrunePlan }
  | { readonly type: 'retire-started'; readonly id: VersionId }
  /** Before each call that changes something. */
  | { readonly type: 'retire-step'; readonly id: VersionId; readonly step: RetireStep }
  | {
      readonly type: 'retire-finished';
      readonly id: VersionId;
      readonly outcome: RetireOutcome;
      readonly seconds: number;
    }
  /** A step of set-up on this machine: a tool, the emulator, the machine image. */
  | { readonly type: 'setup-started'; readonly step: string }
  | { readonly type: 'setup-output'; readonly step: string; readonly line: string }
  | { readonly type: 'setup-finished'; readonly step: string; readonly seconds: number; readonly detail?: string }
  /** Always the last event of a verb that acts. */
  | {
      readonly type: 'result';
      readonly ok: boolean;
      readonly exitCode: number;
      readonly outcomes: Readonly<Record<string, AnyOutcome>>;
      readonly error?: ErrorSummary;
    };

/** Something of the run has ended, well or not. */
const FINISHES = [
  'bake-finished',
  'clone-finished',
  'place-finished',
  'site-finished',
  'retire-finished',
  'sweep-finished',
] as const;
type FinishEvent = Extract<BakeEvent, { type: (typeof FINISHES)[number] }>;

export const isFinish = (event: BakeEvent): event is FinishEvent => FINISHES.some((type) => type === event.type);

/** Takes events as they happen; must not throw and must not block. */
export type Emit = (event: BakeEvent) => void;

/** For exhaustive switches: a new member of a union is a compile error here until it is handled. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

export const stageTitle = (stage: Stage): string =>
  stage.name !== 'layer'
    ? stage.name
    : stage.script === undefined
      ? `layer ${stage.layer}`
      : `layer ${stage.layer}: ${stage.script}`;
