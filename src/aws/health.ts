import { clientSettings } from './client-settings.ts';
import { ec2Client, ec2Endpoint } from './clients.ts';
import type { AwsConnection } from './connection.ts';
import { awsError } from './errors.ts';
import { DescribeRegionsCommand, paginateDescribeInstances } from './sdk/ec2.ts';
import { GetServiceQuotaCommand, ServiceQuotasClient } from './sdk/service-quotas.ts';

/** Milliseconds for an endpoint that is asked for nothing. */
const LIMIT = 5_000;

/** Whether EC2 can be reached, by whoever, and what time it has. */
export async function askEndpoint(connection: AwsConnection, signal: AbortSignal) {
  const url = (await ec2Endpoint(connection)) || publicEndpoint(connection.region);
  try {
    const { status, headers } = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT)]),
    });
    const theirs = Date.parse(headers.get('date') ?? '');
    return { url, answered: status, theirs: Number.isNaN(theirs) ? undefined : theirs, ours: Date.now() };
  } catch (error) {
    signal.throwIfAborted();
    const { message, cause } = error as Error;
    return { url, trouble: cause instanceof Error ? cause.message : message };
  }
}

/** The one of every account, in China under a name of its own. */
const publicEndpoint = (region: string): string =>
  `https://ec2.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/** `opt-in-not-required`, `opted-in`, `not-opted-in`; undefined: there is no such region. */
export async function regionState(connection: AwsConnection): Promise<string | undefined> {
  try {
    const { Regions = [] } = await ec2Client(connection).send(new DescribeRegionsCommand({ AllRegions: true }));
    return Regions.find(({ RegionName }) => RegionName === connection.region)?.OptInStatus;
  } catch (cause) {
    throw awsError(cause, 'list the regions', connection);
  }
}

/** Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances, in vCPUs. */
const STANDARD = { ServiceCode: 'ec2', QuotaCode: 'L-1216C47A' };

/** The vCPUs that the account may use in the region, and does. */
export async function vcpuQuota(connection: AwsConnection): Promise<{ readonly limit: number; readonly used: number }> {
  try {
    const quotas = new ServiceQuotasClient(clientSettings(connection));
    const [{ Quota }, used] = await Promise.all([
      quotas.send(new GetServiceQuotaCommand(STANDARD)),
      vcpusInUse(connection),
    ]);
    if (Quota?.Value === undefined) throw new Error(`${STANDARD.QuotaCode} has no value`);
    return { limit: Quota.Value, used };
  } catch (cause) {
    throw awsError(cause, 'read the quota of vCPUs', connection);
  }
}

async function vcpusInUse(connection: AwsConnection): Promise<number> {
  const running = { Name: 'instance-state-name', Values: ['pending', 'running'] };
  let vcpus = 0;
  for await (const { Reservations = [] } of paginateDescribeInstances(
    { client: ec2Client(connection) },
    { Filters: [running] },
  )) {
    for (const { InstanceType = '', InstanceLifecycle, CpuOptions = {} } of Reservations.flatMap(
      ({ Instances = [] }) => Instances,
    )) {
      if (InstanceLifecycle !== undefined || !/^[acdhimrtz]/.test(InstanceType)) continue;
      vcpus += (CpuOptions.CoreCount ?? 1) * (CpuOptions.ThreadsPerCore ?? 1);
    }
  }
  return vcpus;
}
