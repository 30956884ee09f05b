import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { ListKeysCommand } from '@aws-sdk/client-kms';
import { DescribeParametersCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callerAccount } from '../../../src/aws/identity.ts';
import { parseAccountId } from '../../../src/model/ids.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';
import { ACCOUNT, at, OTHER, sandboxSites } from '../../helpers/sites.ts';

let server: SandboxServer;
beforeAll(async () => {
  server = await SandboxServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

it('reaches each account with its own credentials, and assumes a role once for all regions', async () => {
  const sites = sandboxSites(server);
  const regions = ['eu-west-1', 'us-east-1', 'ap-southeast-2'];
  await Promise.all(
    regions.map(async (region) => {
      const { ec2, ssm, kms, connection } = sites.open(region, OTHER);
      expect(await callerAccount(connection)).toBe(OTHER);
      await ec2.send(new DescribeVpcsCommand({}));
      await ssm.send(new DescribeParametersCommand({}));
      await kms.send(new ListKeysCommand({}));
    }),
  );
  expect(await callerAccount(sites.open('eu-west-1').connection)).toBe(ACCOUNT);
  const assumed = (await server.log()).split('\n').filter((line) => line.includes('AssumeRole'));
  expect(assumed).toHaveLength(1);
  sites.close();
});

it('has one set of clients for a site', () => {
  const sites = sandboxSites(server);
  expect(sites.open('eu-west-1')).toBe(sites.at(at('eu-west-1')));
  expect(sites.open('eu-west-1')).not.toBe(sites.open('us-east-1'));
  expect(sites.open('eu-west-1')).not.toBe(sites.open('eu-west-1', OTHER));
  sites.close();
});

it('refuses an account that there is no role for', () => {
  const sites = sandboxSites(server);
  const stranger = parseAccountId('999988887777');
  expect(() => sites.open('eu-west-1', stranger)).toThrow('and the target is 999988887777/eu-west-1');
  sites.close();
});
