/** The public API. At run time it is only `defineConfig`, so that a configuration loads nothing else. */
export type { WrittenArtifact } from './config/artifact-schema.ts';
export type { WrittenChannel } from './config/channel-schema.ts';
export type { WrittenCi } from './config/ci-schema.ts';
export { defineConfig } from './config/define.ts';
export type { WrittenRegionConfig } from './config/region-config-schema.ts';
export type {
  WrittenBuild,
  WrittenChannels,
  WrittenConfig,
  WrittenImage,
  WrittenRootVolume,
  WrittenSource,
} from './config/schema.ts';
export type { WrittenSecrets } from './config/secrets-schema.ts';
export type { WrittenVolume } from './config/volume-schema.ts';
export type { ErrorSummary } from './model/errors.ts';
export type { BakeEvent, Outcome, Stage } from './model/events.ts';
export type {
  BakePlan,
  BakeStep,
  InputChange,
  ParentRef,
  PlanStep,
  PlanWarning,
  Reason,
  ReuseStep,
} from './model/plan.ts';
export type { PruneDecision, PrunePlan } from './model/prune.ts';
export type { ImageReport, RunReport } from './model/run-report.ts';
