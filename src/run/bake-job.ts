import type { Emit } from '../model/events.ts';
import type { AmiId, ImageName, RunId, Version } from '../model/ids.ts';
import type { Config, Image, Layer } from '../model/image.ts';
import type { ResolvedSourceAmi } from '../model/known-image.ts';
import type { BakeStep } from '../model/plan.ts';
import type { RunOwner } from '../model/run-owner.ts';
import type { SecretValues } from '../model/secret.ts';
import type { Subject } from '../model/tags.ts';
import type { Inputs } from '../plan/fingerprint.ts';
import type { TemplateCapabilities } from '../render/packer-template.ts';
import type { Artifacts, Builders, Clock, Images, LogFile, Packer, Records } from './effects.ts';
import type { Processes } from './processes.ts';
import type { TemplateSources } from './rendered-folder.ts';

export interface BakeEffects {
  readonly images: Images;
  readonly builders: Builders;
  readonly packer: Packer;
  readonly records: Records;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  openLog(path: string): LogFile;
}

/** How builders are reached; found out once for all images of a run. */
export interface BuilderAccess {
  readonly endpoint: string;
  /** Is there a machine behind an instance? Without one nothing can be provisioned. */
  readonly machines: boolean;
  /** Is there a spot market? An emulator has none. */
  readonly spot: boolean;
  readonly sshPort: number;
  readonly pollSeconds: number;
  /** Who may reach the SSH port of an image's builder: one image's are no other's. Empty where nobody has to. */
  readonly cidrs: ReadonlyMap<ImageName, readonly string[]>;
  /** Environment of Packer: credentials and region. Asked for each bake, since a role's credentials last for an hour. */
  readonly env: () => Promise<Readonly<Record<string, string>>>;
  /** Aborted, with the error to report, when the endpoint is gone for good. */
  readonly lost?: AbortSignal | undefined;
}

export interface BakeContext {
  readonly run: RunId;
  readonly owner: RunOwner;
  readonly processes: Processes;
  readonly config: Config;
  readonly access: BuilderAccess;
  readonly templates: TemplateSources;
  readonly capabilities: TemplateCapabilities;
  readonly tools: Readonly<Record<string, string>>;
  readonly commit: string | undefined;
  readonly keepOnError: boolean;
  readonly secrets: SecretValues;
  /** Folder of the run; each bake has a folder of its own in it. */
  readonly runDir: string;
}

/** One image to bake, with its parent settled and its version reserved. */
export interface BakeJob {
  readonly step: BakeStep;
  readonly image: Image;
  readonly layers: readonly Layer[];
  readonly inputs: Inputs;
  readonly parentAmi: AmiId;
  /** `base/2026.11.20.1`; absent for a base image. */
  readonly parent?: string | undefined;
  /** The source AMI at the root of the lineage. */
  readonly source: Pick<ResolvedSourceAmi, 'imageId' | 'name' | 'rootDeviceName'>;
  readonly version: Version;
  readonly key: { readonly name: string; readonly privateKey: string };
}

export function subjectOf({ step, version }: BakeJob, { config }: BakeContext): Subject {
  return { project: config.project, image: step.image, version, architecture: step.architecture };
}
