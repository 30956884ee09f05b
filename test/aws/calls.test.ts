import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeRegionsCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { createSites } from '../../src/aws/sites.ts';
import { ACCOUNT, SITE } from '../helpers/sites.ts';

const THROTTLED = '<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>';

it('counts calls by site and action, and what throttling added to them', async () => {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume();
    if (request.headers['x-amz-target'] !== undefined) response.writeHead(400).end('{"__type":"ParameterNotFound"}');
    else if (requests === 1) response.writeHead(503).end(THROTTLED);
    else response.end('<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' };
  const connection = { region: SITE.region, endpoint, credentials };
  const sites = createSites({ connection, caller: ACCOUNT, roles: new Map(), session: 'test', now: Date.now });
  const { ec2, ssm } = sites.at(SITE);
  try {
    await ec2.send(new DescribeRegionsCommand({}));
    await ec2.send(new DescribeRegionsCommand({}));
    await expect(ssm.send(new GetParameterCommand({ Name: 'x' }))).rejects.toMatchObject({ name: 'ParameterNotFound' });
    expect(sites.calls()).toEqual([
      { ...SITE, service: 'EC2', action: 'DescribeRegions', calls: 2, retries: 1 },
      { ...SITE, service: 'SSM', action: 'GetParameter', calls: 1, retries: 0 },
    ]);
  } finally {
    sites.close();
    server.closeAllConnections();
    server.close();
  }
});
