import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { CliResult } from '../../helpers/cli.ts';
import { IamLab, policiesFor, withoutOne } from '../../helpers/iam-lab.ts';
import { ConfigProject } from '../../helpers/region-config.ts';
import { type AwsKeys, SandboxServer } from '../../helpers/sandbox-server.ts';
import { StateProject } from '../../helpers/state.ts';

/** One command for each statement. */
vi.setConfig({ testTimeout: 400_000 });

let server: SandboxServer;
let iam: IamLab;
beforeAll(async () => {
  server = await SandboxServer.start([]);
  iam = new IamLab(server);
});
afterAll(() => server[Symbol.asyncDispose]());

let number = 0;

/** New buckets each time. */
async function shop(): Promise<ConfigProject> {
  return ConfigProject.create(server, `iam-${++number}`);
}

const bake = (
  { project }: ConfigProject | StateProject,
  { accessKeyId, secretAccessKey }: AwsKeys,
  ...args: readonly string[]
) =>
  project.bake([...args, '--json'], {
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });

/** Buckets that are not there yet, and then those that are. */
const setUp =
  (one: ConfigProject) =>
  async (keys: AwsKeys): Promise<CliResult> => {
    const push = ['region-config', 'push', 'api', '--yes', '--create-buckets'];
    const first = await bake(one, keys, ...push);
    return first.code === 0 ? bake(one, keys, ...push) : first;
  };

async function publish(one: ConfigProject, keys: AwsKeys): Promise<CliResult> {
  const pushed = await bake(one, keys, 'region-config', 'push', 'api', '--yes');
  if (pushed.code !== 0) return pushed;
  const rolled = await bake(one, keys, 'region-config', 'rollback', 'api', '--yes');
  return rolled.code === 0 ? bake(one, keys, 'region-config', 'check', 'api') : rolled;
}

it('sets buckets up with what setup may do, and with nothing less', async () => {
  await using one = await shop();
  const { policy } = (await policiesFor(one.project, 'setup', 'api')).roles[0] ?? { policy: { Statement: [] } };
  const whole = await iam.judge(policy, setUp(one));
  expect({ code: whole.result.code, denied: whole.denied }, whole.result.stdout).toEqual({ code: 0, denied: [] });
  for (const [name, less] of withoutOne(policy)) {
    await using other = await shop();
    const named = JSON.parse(JSON.stringify(less).replaceAll(one.name, other.name));
    expect((await iam.judge(named, setUp(other))).denied, name).not.toEqual([]);
  }
});

it('makes the state bucket with what setup may do, and with nothing less', async () => {
  const init = (one: StateProject) => (keys: AwsKeys) => bake(one, keys, 'state', 'init', '--yes');
  await using one = await StateProject.create(server, 'iam-state');
  const { policy } = (await policiesFor(one.project, 'setup')).roles[0] ?? { policy: { Statement: [] } };
  const whole = await iam.judge(policy, init(one));
  expect({ code: whole.result.code, denied: whole.denied }, whole.result.stdout).toEqual({ code: 0, denied: [] });
  const status = await iam.judge(policy, (keys) => bake(one, keys, 'state', 'status'));
  expect({ code: status.result.code, denied: status.denied }).toEqual({ code: 0, denied: [] });
  await using other = await StateProject.create(server, 'iam-other');
  // There are no records to upload.
  const used = withoutOne(policy).filter(([name]) => ['LookIntoState', 'SetUpState'].includes(name));
  expect(used).toHaveLength(2);
  for (const [name, less] of used) {
    const named = JSON.parse(JSON.stringify(less).replaceAll(one.bucket, other.bucket));
    expect((await iam.judge(named, init(other))).denied, name).not.toEqual([]);
  }
});

it('publishes with what publish may do, and with nothing less', async () => {
  await using one = await shop();
  await setUp(one)({ accessKeyId: 'test', secretAccessKey: 'test' });
  await one.configure({ values: { log: 'debug' } });
  const { policy } = (await policiesFor(one.project, 'publish', 'api')).roles[0] ?? { policy: { Statement: [] } };
  const whole = await iam.judge(policy, (keys) => publish(one, keys));
  // After a rollback the configuration says something else than what is published.
  expect({ code: whole.result.code, denied: whole.denied }, whole.result.stdout).toEqual({ code: 1, denied: [] });
  for (const [name, less] of withoutOne(policy))
    expect((await iam.judge(less, (keys) => publish(one, keys))).denied, name).not.toEqual([]);
});
