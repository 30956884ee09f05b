import { createHash } from 'node:crypto';
import { lineage } from '../../model/graph.ts';
import type { Json } from '../../model/image.ts';
import { type Probe, probeOf } from '../../model/probe.ts';
import type { BootReport, Check } from '../../model/trial.ts';
import { checkHealth } from '../../plan/check-health.ts';
import { type Baked, bakedOf, checkRecord } from '../../plan/check-record.ts';
import { compareSettings, type LayerOf } from '../../plan/compare-probe.ts';
import { TRY_COMMANDS } from '../../render/try-payload.ts';
import { commandFailed } from './errors.ts';
import type { TrialMachine } from './machine.ts';
import type { Trial } from './trial.ts';

export interface Examined {
  readonly probe: Probe;
  readonly baked: Baked | undefined;
  readonly checks: readonly Check[];
}

/** Looks at a machine that has finished booting: what it is like, against what its record says was baked. */
export async function examine(machine: TrialMachine, trial: Trial): Promise<Examined> {
  const probe = await readProbe(machine);
  const { digest, baked } = await readRecord(machine);
  const userData = trial.userData?.toString('utf8');
  const checks = [
    checkRecord(digest, trial.known.recordDigest, baked),
    ...(baked === undefined ? [] : compareSettings(baked.settings, probe.settings, layerOf(trial, baked))),
    ...checkHealth(probe, userData),
  ];
  return { probe, baked, checks };
}

export function bootReport(boot: number, { probe }: Examined, checks: readonly Check[]): BootReport {
  return { boot, kernel: probe.health.kernel, bootSeconds: probe.health.bootSeconds, checks };
}

async function readProbe(machine: TrialMachine): Promise<Probe> {
  const text = await machine.output('look at the machine', TRY_COMMANDS.probe);
  const probe = probeOf(parsed(text));
  if (probe === undefined)
    throw commandFailed(await machine.stuck(), 'understand what the probe says', [text.slice(0, 500)]);
  return probe;
}

/** An image of ours without a record is found wanting by its checks, not by an error. */
async function readRecord(machine: TrialMachine): Promise<{ digest: string; baked: Baked | undefined }> {
  const { exitCode, stdout } = await machine.run('read the record', TRY_COMMANDS.record);
  if (exitCode !== 0) return { digest: '(none)', baked: undefined };
  return { digest: createHash('sha256').update(stdout).digest('hex'), baked: bakedOf(parsed(stdout)) };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** The layer that the guard has seen baking a path, else the last one of the lineage that brings such a file. */
function layerOf({ config, image }: Trial, baked: Baked): LayerOf {
  const names = lineage(config.images, image.name).flatMap(({ layers }) => layers);
  const layers = names.flatMap((name) => config.layers.get(name) ?? []);
  return (path) =>
    baked.layers.get(path) ?? layers.findLast(({ files }) => files.some((file) => file.path === path))?.name;
}
