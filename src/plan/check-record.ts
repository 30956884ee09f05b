import type { Json } from '../model/image.ts';
import { type Probe, probeOf, type Settings } from '../model/probe.ts';
import type { Check } from '../model/trial.ts';

/** What an image's record says about the machine as it was baked. */
export interface Baked {
  readonly settings: Settings;
  readonly builder: Probe['identity'] | undefined;
  /** Path → layer, as the guard on the builder saw it: what scripts change has a layer too. */
  readonly layers: ReadonlyMap<string, string>;
}

/** What the guard writes for each setting that it protects, or cannot protect. */
interface Finding {
  readonly layer: string;
  readonly paths: readonly string[];
}

interface RecordParts {
  readonly baked?: unknown;
  readonly machine?: { readonly packages?: Settings[string] };
  readonly protected?: readonly Finding[];
  readonly unprotected?: readonly Finding[];
}

/** From the parsed `/usr/lib/bake/record.json`. Undefined when it holds no probe: it was baked before there were any. */
export function bakedOf(record: Json): Baked | undefined {
  const { baked, machine, protected: kept = [], unprotected = [] } = (record ?? {}) as RecordParts;
  const probe = probeOf(baked);
  if (probe === undefined) return undefined;
  const packages = machine?.packages;
  // The record lists packages already; the probe of a bake leaves them out.
  const settings = packages === undefined ? probe.settings : { ...probe.settings, packages };
  const layers = new Map(
    [...kept, ...unprotected].flatMap(({ layer, paths }) => paths.map((path) => [path, layer] as const)),
  );
  return { settings, builder: probe.identity, layers };
}

/** The record is the yardstick of everything else, so it must be the one that was published: its digest is a tag. */
export function checkRecord(digest: string, tagged: string | undefined, baked: Baked | undefined): Check {
  const check = { id: 'record', title: 'the record is the one that was baked' };
  if (tagged !== undefined && tagged !== digest) {
    return { ...check, status: 'failed', expected: tagged, found: digest, reason: 'something has changed it' };
  }
  if (baked === undefined) {
    return {
      ...check,
      status: 'failed',
      reason: 'it does not say what was baked; bake the image again with this version',
    };
  }
  return { ...check, status: 'ok', found: digest };
}
