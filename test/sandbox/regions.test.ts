import { DescribeKeyPairsCommand, DescribeRegionsCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, outcome } from '../helpers/interference.ts';
import { SandboxServer } from '../helpers/sandbox-server.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => server.control('POST', 'reset'));

async function regions(request: { AllRegions?: boolean; RegionNames?: string[]; Filters?: object[] } = {}) {
  const { Regions = [] } = await server.ec2().send(new DescribeRegionsCommand(request));
  return Object.fromEntries(Regions.map((region) => [region.RegionName, region.OptInStatus]));
}
const parameter = (region: string) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const ssm = new SSMClient({ region, endpoint: server.endpoint, credentials, maxAttempts: 1 });
  return outcome(ssm.send(new GetParameterCommand({ Name: '/p' })));
};
const keys = (region: string) => outcome(server.ec2(region).send(new DescribeKeyPairsCommand({})));

it('are all enabled unless a test says otherwise, those of other partitions left out', async () => {
  const all = await regions();
  expect(all).toMatchObject({ 'us-east-1': 'opt-in-not-required', 'ap-east-1': 'opted-in', 'eu-south-1': 'opted-in' });
  expect(Object.keys(all).filter((name) => /^(cn|us-gov)-/.test(name))).toEqual([]);
  expect(await regions({ AllRegions: true })).toEqual(all);
});

it('are refused and left out of lists when they are not enabled', async () => {
  await ask(server, 'regions', { notEnabled: ['ap-east-1'] });
  expect(await regions()).not.toHaveProperty('ap-east-1');
  expect(await regions({ AllRegions: true, RegionNames: ['ap-east-1', 'us-east-1'] })).toEqual({
    'ap-east-1': 'not-opted-in',
    'us-east-1': 'opt-in-not-required',
  });
  const Filters = [{ Name: 'opt-in-status', Values: ['not-opted-in'] }];
  expect(await regions({ AllRegions: true, Filters })).toEqual({ 'ap-east-1': 'not-opted-in' });
  expect([await keys('ap-east-1'), await keys('us-east-1')]).toEqual(['AuthFailure', 'done']);
  expect(await parameter('ap-east-1')).toBe('UnrecognizedClientException');
  expect(await parameter('us-east-1')).toBe('ParameterNotFound');
  await ask(server, 'regions', { notEnabled: [] });
  expect(await keys('ap-east-1')).toBe('done');
});

it('are refused when they do not exist', async () => {
  await expect(regions({ RegionNames: ['mars-1'] })).rejects.toThrow(/mars-1/);
});
