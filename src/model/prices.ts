import type { Region } from './ids.ts';

export interface Price {
  readonly usd: number;
  /** False: nobody has looked at what the provider says; shown so. */
  readonly verified: boolean;
  /** Day on which it held: `2026-11-20`. */
  readonly asOf: string;
}

/**
 * Keys are regions, `*` for all others, and for transfer also `us-east-1 > us-east-2`; of instances types, `t3.small`, or
 * `eu-west-1/t3.small` for one region. A gigabyte has 2^30 bytes.
 */
export interface Prices {
  /** By the region that stores. */
  readonly snapshotPerGbMonth: Readonly<Record<string, Price>>;
  /** By the region that data leaves, which pays. */
  readonly transferPerGb: Readonly<Record<string, Price>>;
  /** On demand, with Linux. */
  readonly instancePerHour: Readonly<Record<string, Price>>;
}

export const EVERYWHERE = '*';
export const pairOf = (from: Region | string, to: Region | string): string => `${from} > ${to}`;
export const typeIn = (region: Region | string, instanceType: string): string => `${region}/${instanceType}`;

/** What a copy takes, at most: of the bytes that a snapshot before it has, EC2 may bill none. */
export interface Estimate {
  readonly transferUsd: number;
  readonly storageUsdPerMonth: number;
  /** Whether all prices in it are. */
  readonly verified: boolean;
  /** The oldest price's. */
  readonly asOf: string;
  readonly minutes: number;
}

export interface PlanEstimate extends Estimate {
  readonly copies: number;
  readonly bytes: number;
}
