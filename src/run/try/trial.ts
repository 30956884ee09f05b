import { createHash } from 'node:crypto';
import type { AmiId, NodeId, Region, RunId } from '../../model/ids.ts';
import { nodeId } from '../../model/ids.ts';
import type { Config, Image } from '../../model/image.ts';
import type { KnownImage } from '../../model/known-image.ts';
import type { Subject } from '../../model/tags.ts';
import type { TryPrograms } from '../../render/try-payload.ts';

/** Machines of ours that are no builders: where they run, and how they are launched and reached. */
export interface Stay {
  readonly run: RunId;
  readonly config: Config;
  /** As configured now: its build settings say how machines are launched and reached. */
  readonly image: Image;
  /** What they are for, as their tags say. */
  readonly known: Pick<KnownImage, 'image' | 'version' | 'architecture'>;
  /** Where the machines run. */
  readonly region: Region;
  readonly userData: Buffer | undefined;
  readonly sshPort: number;
  /** Who may reach the machines' SSH port; empty where nobody has to. */
  readonly cidrs: readonly string[];
  /** Seconds between looks at an instance. */
  readonly pollSeconds: number;
  /** Folder of the run; the private key is kept there while machines are. */
  readonly runDir: string;
}

/** One image version to try, and how. */
export interface Trial extends Stay {
  readonly known: KnownImage;
  /** The AMI to launch there; absent: the image, or its copy. */
  readonly imageId?: AmiId;
  readonly programs: TryPrograms;
  /** Machines to launch. The first one also restarts and runs the tests; the others are there to differ from it. */
  readonly clones: number;
  /** How many of them at a time. */
  readonly atOnce: number;
  /** Leave the machines. */
  readonly keep: boolean;
  /** Version of bake, for the tag. */
  readonly tool: string;
}

export const nodeOf = ({ known }: Stay): NodeId => nodeId(known.image, known.architecture);

export function subjectOf({ config, known }: Stay): Subject {
  const { image, version, architecture } = known;
  return { project: config.project, image, version, architecture };
}

export const userDataDigest = ({ userData }: Trial): string | undefined =>
  userData && createHash('sha256').update(userData).digest('hex');
