import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ec2Error, proxy } from '../../helpers/cli-proxy.ts';
import { Project } from '../../helpers/project.ts';

const keys = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example', AWS_MAX_ATTEMPTS: '1' };

const ANSWERS: Readonly<Record<string, string>> = {
  GetCallerIdentity: `<GetCallerIdentityResponse><GetCallerIdentityResult>
    <Arn>arn:aws:iam::111122223333:user/alice</Arn><Account>111122223333</Account>
    </GetCallerIdentityResult></GetCallerIdentityResponse>`,
  DescribeRegions: `<DescribeRegionsResponse><regionInfo>
    <item><regionName>us-east-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>
    <item><regionName>ap-east-1</regionName><optInStatus>not-opted-in</optInStatus></item>
    </regionInfo></DescribeRegionsResponse>`,
  DescribeInstances: `<DescribeInstancesResponse><reservationSet><item><instancesSet>
    <item><instanceType>m7i.xlarge</instanceType><cpuOptions><coreCount>2</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions></item>
    <item><instanceType>p5.48xlarge</instanceType><cpuOptions><coreCount>96</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions></item>
    <item><instanceType>m7i.large</instanceType><instanceLifecycle>spot</instanceLifecycle><cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions></item>
    </instancesSet></item></reservationSet></DescribeInstancesResponse>`,
  'ServiceQuotasV20190624.GetServiceQuota': '{"Quota":{"QuotaCode":"L-1216C47A","Value":64}}',
};

let project: Project;
beforeAll(async () => {
  project = await Project.create();
});
afterAll(() => project[Symbol.asyncDispose]());

/** What the checks of AWS say, by name. */
async function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}, of = project) {
  const { code, stdout, stderr } = await of.bake(['doctor', '--json', ...args], { ...keys, ...env });
  expect(stderr).toBe('');
  const { ok, tools, checks } = JSON.parse(stdout) as {
    ok: boolean;
    tools: readonly { status: string }[];
    checks: readonly { name: string; status: string; detail: string; hint?: string }[];
  };
  const isHealthy = tools.every(({ status }) => status === 'present') && checks.every((one) => one.status !== 'failed');
  expect({ code, ok }).toEqual(isHealthy ? { code: 0, ok: true } : { code: 1, ok: false });
  return Object.fromEntries(checks.map(({ name, ...check }) => [name, check]));
}

const answering = (change: Readonly<Record<string, { status: number; body: string }>> = {}) =>
  proxy({ answer: (action) => change[action] ?? { status: 200, body: ANSWERS[action] ?? '' } });

it('finds an account that is ready', async () => {
  await using aws = await answering();
  expect(await doctor([], { AWS_ENDPOINT_URL: aws.url })).toMatchObject({
    configuration: { status: 'ok' },
    disk: { detail: expect.stringMatching(/GiB free at/) },
    kvm: { status: expect.stringMatching(/^(?:ok|warning)$/) },
    network: { status: 'ok', detail: `${aws.url} answers` },
    clock: { status: 'ok' },
    credentials: { status: 'ok', detail: 'arn:aws:iam::111122223333:user/alice' },
    region: { status: 'ok' },
    // Neither spot instances nor those of another family count.
    quota: { status: 'ok', detail: '4 of 64 vCPUs are in use' },
  });
});

it('says what is wrong with credentials, and asks no further', async () => {
  const refused = { status: 403, body: ec2Error('InvalidClientTokenId', 'The security token is invalid') };
  await using aws = await answering({ GetCallerIdentity: refused });
  expect(await doctor([], { AWS_ENDPOINT_URL: aws.url })).toMatchObject({
    network: { status: 'ok' },
    credentials: { status: 'failed', detail: expect.stringContaining('refused'), hint: expect.any(String) },
    region: { status: 'skipped' },
    quota: { status: 'skipped' },
  });
  expect(aws.actions).not.toContain('DescribeRegions');
});

it('finds a region that is not enabled, and takes a quota that may not be read for no failure', async () => {
  const images = { base: { source: 'debian:12' } };
  await using elsewhere = await Project.create({ images, settings: { region: 'ap-east-1' } });
  const denied = { status: 400, body: '{"__type":"AccessDeniedException","message":"not allowed"}' };
  await using aws = await answering({ 'ServiceQuotasV20190624.GetServiceQuota': denied });
  expect(await doctor([], { AWS_ENDPOINT_URL: aws.url }, elsewhere)).toMatchObject({
    region: { status: 'failed', detail: 'ap-east-1 is not enabled for the account' },
    quota: { status: 'skipped', detail: expect.stringContaining('may not read the quota') },
  });
});

it('finds a clock that is wrong', async () => {
  const server = createServer((_, response) => {
    response.setHeader('date', new Date(Date.now() - 600_000).toUTCString());
    response.writeHead(403).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await doctor([], { AWS_ENDPOINT_URL: url })).toMatchObject({
      clock: { status: 'failed', detail: expect.stringContaining('ahead of'), hint: expect.any(String) },
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('asks nobody where there is no network', async () => {
  expect(await doctor([], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9999' })).toMatchObject({
    network: { status: 'failed', hint: expect.any(String) },
    clock: { status: 'skipped' },
    credentials: { status: 'skipped' },
  });
});

it('leaves AWS out for the sandbox, which it does not start', async () => {
  const checks = await doctor(['--sandbox']);
  expect(['network', 'clock', 'credentials', 'region', 'quota'].map((name) => checks[name]?.status)).toEqual(
    Array(5).fill('skipped'),
  );
});

it('needs no project, and tells of one with mistakes', async () => {
  await using empty = await Project.create();
  await empty.write('broken.json', '{}');
  expect(await doctor(['--config', 'broken.json'], {}, empty)).toMatchObject({ configuration: { status: 'failed' } });
  await rm(join(empty.dir, 'bake.config.json'));
  expect(await doctor([], {}, empty)).toMatchObject({
    configuration: { status: 'skipped' },
    region: { status: 'skipped' },
  });
});

it('has each hint on a line of its own for people', async () => {
  const { stdout } = await project.bake(['doctor'], { ...keys, AWS_ENDPOINT_URL: 'http://127.0.0.1:9999' });
  expect(stdout).toMatch(/^failed +network +http.* does not answer: .*\n {2}→ Check the network/m);
});

it('has what to type for a missing tool on a line of its own', async () => {
  const env = { PATH: project.bin, XDG_CACHE_HOME: project.bin };
  const { code, stdout } = await project.bake(['doctor', '--sandbox'], env);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^missing +packer +- .* not found\n {2}→ Install packer/m);
});
