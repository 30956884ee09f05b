import { summarise } from '../model/errors.ts';
import type { Architecture } from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';
import {
  clockCheck,
  failedCheck,
  type HealthCheck,
  networkCheck,
  quotaCheck,
  regionCheck,
  skippedCheck,
} from '../plan/health.ts';
import { vcpusOf } from '../plan/limits.ts';
import type { CommandIo } from './io.ts';

/** What needs an answer of AWS, in this order: without the first, nobody can say more. */
const NAMES = ['network', 'clock', 'credentials', 'region', 'quota'] as const;

export const skipAws = (why: string): readonly HealthCheck[] => NAMES.map((name) => skippedCheck(name, why));

export async function checkAws(config: Config, io: CommandIo): Promise<readonly HealthCheck[]> {
  const { askEndpoint, regionState, vcpuQuota } = await import('../aws/health.ts');
  const { caller } = await import('../aws/identity.ts');
  const connection = { region: config.region };
  const answer = await askEndpoint(connection, io.signal);
  if ('trouble' in answer) return [networkCheck(answer), ...skipAws('needs the network').slice(1)];
  const reached = [networkCheck(answer), clockCheck(answer)];
  const credentials = await orFailed('credentials', async () => ({
    name: 'credentials',
    status: 'ok',
    detail: (await caller(connection)).arn,
  }));
  if (credentials.status !== 'ok') return [...reached, credentials, ...skipAws('needs credentials').slice(-2)];
  const [region, quota] = await Promise.all([
    orFailed('region', async () => regionCheck(config.region, await regionState(connection))),
    orSkipped('quota', async () => quotaCheck(await vcpuQuota(connection), vcpusWanted(config))),
  ]);
  return [...reached, credentials, region, quota];
}

async function orFailed(name: string, look: () => Promise<HealthCheck>): Promise<HealthCheck> {
  try {
    return await look();
  } catch (error) {
    return failedCheck(name, summarise(error));
  }
}

/** Whoever may bake need not be allowed to read quotas. */
async function orSkipped(name: string, look: () => Promise<HealthCheck>): Promise<HealthCheck> {
  try {
    return await look();
  } catch (error) {
    return { ...failedCheck(name, summarise(error)), status: 'skipped' };
  }
}

/** By the largest builder: of one, and of as many as `limits` lets run. */
function vcpusWanted({ images, limits }: Config): { readonly one: number; readonly all: number } {
  const sizes = [...images.values()].flatMap(({ architectures, build }: Image) =>
    architectures.flatMap((architecture: Architecture) => build.instanceTypes[architecture].map(vcpusOf)),
  );
  const one = Math.max(0, ...sizes);
  return { one, all: limits.vcpus ?? Math.min(limits.parallel, sizes.length) * one };
}
