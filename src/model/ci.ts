import type { Architecture, ImageName, ProjectName, Region } from './ids.ts';

export const CI_SYSTEMS = ['github', 'gitlab', 'codebuild'] as const;
export type CiSystem = (typeof CI_SYSTEMS)[number];

/** What pipelines are made with; what they consist of is the image graph alone. */
export interface CiSettings {
  /** ARN of the role that jobs assume with the token of their CI system; absent: credentials are the runner's own. */
  readonly role?: string;
  /** Cron, in UTC. */
  readonly schedule: string;
  /** Version of Node. */
  readonly node: string;
  /** Shell commands: what makes `bake` available in a checkout, and `bake` itself. */
  readonly install: string;
  readonly command: string;
  /** What a job bakes: an image in one architecture, or in all that it is made for, which share a version then. */
  readonly jobs: 'architecture' | 'image';
  readonly github: {
    /** Labels of the runner. */
    readonly runsOn: string | readonly string[];
  };
  readonly gitlab: {
    /** Container image. */
    readonly image: string;
    /** Of the runner; empty: any. */
    readonly tags: readonly string[];
    /** Audience of the token that the role trusts. */
    readonly audience: string;
  };
  readonly codebuild: {
    /** Absent: those of the CodeBuild project. */
    readonly computeType?: string;
    readonly image?: string;
  };
}

/** One job: an image in these architectures, after those that bake its parent. */
export interface PipelineJob {
  readonly image: ImageName;
  readonly kind: 'base' | 'service';
  readonly architectures: readonly Architecture[];
  /** `api/x86_64`, or `api/all`. */
  readonly name: string;
  readonly needs: readonly string[];
  /** More than the bake's own limits, so that `bake` stops it first and cleans up. */
  readonly minutes: number;
}

export interface Pipeline {
  readonly project: ProjectName;
  /** Of the configuration, from the top of the checkout; empty: it is there. */
  readonly folder: string;
  /** From the top of the checkout. */
  readonly file: string;
  /** The arguments of `bake` that make it again. */
  readonly madeBy: string;
  readonly region: Region;
  readonly settings: CiSettings;
  /** Those that are needed before those that need them; the same graph gives the same order. */
  readonly jobs: readonly PipelineJob[];
}
