import type { ErrorSummary } from './errors.ts';
import type { Outcome, Stage } from './events.ts';
import type { Architecture, ImageName, NodeId, ProjectName, Region, RunId, Version } from './ids.ts';
import type { BakePlan, PlanWarning, Reason } from './plan.ts';

/** One stage of a bake. */
export interface StageReport {
  readonly stage: Stage;
  readonly seconds: number;
  /** False: it failed, or the bake was stopped in it. */
  readonly finished: boolean;
}

/** What a bake takes. The root volume in its full size is assumed, of which EC2 bills what is used and new. */
export interface BakeCost {
  readonly instanceType: string;
  /** That a builder was there. */
  readonly builderSeconds: number;
  /** Null: there is no price for the instance type. */
  readonly builderUsd: number | null;
  /** What is kept: null where no image was made. */
  readonly snapshotGib: number | null;
  /** The configuration does not say how large the volume is. */
  readonly sizeAssumed: boolean;
  readonly storageUsdPerMonth: number;
  /** Whether all prices in it are. */
  readonly verified: boolean;
  /** The oldest price's day; null where there is none in it. */
  readonly asOf: string | null;
}

/** What a bake has taken. */
export interface BakeTaken {
  readonly builderSeconds: number;
  /** Of the last builder, where it is not the first that the configuration names. */
  readonly instanceType: string | undefined;
  /** It has made an image. */
  readonly made: boolean;
}

export interface RunCost {
  readonly builderSeconds: number;
  /** Of what has a price. */
  readonly builderUsd: number;
  readonly storageUsdPerMonth: number;
  readonly verified: boolean;
  readonly asOf: string | null;
  /** Instance types without a price, whose builders are not in it. */
  readonly withoutPrice: readonly string[];
}

/** One image in one architecture, in the order of the plan. */
export interface ImageReport {
  readonly id: NodeId;
  readonly image: ImageName;
  readonly architecture: Architecture;
  /** How many images it stands on: 0 is a base image. */
  readonly level: number;
  readonly action: 'bake' | 'reuse';
  /** Why it is baked. */
  readonly reason?: Reason;
  /** Null: the run ended before it, or only showed the plan. */
  readonly outcome: Outcome | null;
  /** Also of one that failed: the version that it would have had. */
  readonly version: Version | null;
  readonly startedAt: string | null;
  readonly seconds: number;
  readonly stages: readonly StageReport[];
  readonly warnings: readonly PlanWarning[];
  /** What was left behind and is gone now. */
  readonly removed: readonly string[];
  /** Null: nothing was launched for it. */
  readonly cost: BakeCost | null;
}

/** What `--report` writes: docs/json.md describes it. */
export interface RunReport {
  readonly version: 1;
  readonly tool: string;
  readonly project: ProjectName | null;
  readonly region: Region | null;
  /** Null: nothing was to be baked. */
  readonly run: RunId | null;
  readonly command: string;
  readonly logs: string | null;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly seconds: number;
  readonly ok: boolean;
  readonly exitCode: number;
  /** Of the run; those of images are in their outcomes. */
  readonly error?: ErrorSummary;
  readonly totals: RunTotals;
  readonly images: readonly ImageReport[];
  /** Of the run; those of images are with them. */
  readonly warnings: readonly PlanWarning[];
  readonly cost: RunCost | null;
  /** Null: there was none yet when the run ended. */
  readonly plan: BakePlan | null;
}

/** Images by outcome; `open` has none. */
export type RunTotals = Readonly<Record<Outcome['status'] | 'open', number>>;

/** What the configuration says about a run, which no event tells. */
export interface RunFacts {
  readonly project: ProjectName;
  readonly region: Region;
  readonly levelOf: (image: ImageName) => number;
  readonly costOf: (image: ImageName, architecture: Architecture, taken: BakeTaken) => BakeCost;
}
