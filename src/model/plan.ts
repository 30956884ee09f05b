import type { Finding } from './finding.ts';
import type { AmiId, Architecture, Fingerprint, ImageName, NodeId, ProjectName, Region, Version } from './ids.ts';

/** One input that differs from the last version's, named as in the fingerprint: `layer/api/files/etc/motd`. */
export interface InputChange {
  readonly input: string;
  readonly change: 'added' | 'removed' | 'changed';
}

/** Why an image is baked and not reused. */
export type Reason =
  | { readonly why: 'never-baked' }
  | { readonly why: 'inputs-changed'; readonly since: Version; readonly changes: readonly InputChange[] }
  | { readonly why: 'parent-changed'; readonly parent: string; readonly from?: string; readonly to?: string }
  | { readonly why: 'image-missing'; readonly version: Version; readonly detail: string }
  | { readonly why: 'refreshed'; readonly epoch: string }
  | { readonly why: 'forced' };

/** What the image is baked on top of. */
export type ParentRef =
  | { readonly kind: 'source'; readonly imageId: AmiId; readonly name: string }
  | { readonly kind: 'existing'; readonly image: ImageName; readonly imageId: AmiId; readonly version: Version }
  /** Baked earlier in the same run. */
  | { readonly kind: 'this-run'; readonly image: ImageName };

interface StepBase {
  readonly id: NodeId;
  readonly image: ImageName;
  readonly architecture: Architecture;
  readonly fingerprint: Fingerprint;
  readonly parent: ParentRef;
}

export interface BakeStep extends StepBase {
  readonly action: 'bake';
  readonly reason: Reason;
  /** Set when `--force` asked for it: enters the children's fingerprints. */
  readonly nonce?: string;
  /** The day, week or month that it is baked for, where its image is refreshed. */
  readonly epoch?: string;
  /** Settings of the image's own layers that cloud-init would overwrite, and that the bake therefore protects. */
  readonly protects?: readonly Finding[];
}

export interface ReuseStep extends StepBase {
  readonly action: 'reuse';
  readonly imageId: AmiId;
  readonly version: Version;
}

export type PlanStep = BakeStep | ReuseStep;

export interface PlanWarning {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Steps are in dependency order: a parent before its children. */
export interface BakePlan {
  readonly version: 1;
  readonly project: ProjectName;
  readonly region: Region;
  readonly steps: readonly PlanStep[];
  readonly warnings: readonly PlanWarning[];
}
