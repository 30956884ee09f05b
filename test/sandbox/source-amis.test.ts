import { EC2Client } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSourceAmis } from '../../src/aws/source-amis.ts';
import { type AmiId, parseAccountId, parseAmiId } from '../../src/model/ids.ts';
import type { SourceAmis, SourceOwner } from '../../src/model/source-ami.ts';
import { chooseSourceAmi, lookupOf, wantedOf } from '../../src/plan/source-ami.ts';
import { debianEntry, debianOwner, SandboxServer } from '../helpers/sandbox-server.ts';

const REGION = 'us-east-1';
const OWNER = parseAccountId(debianOwner) as SourceOwner;
let server: SandboxServer;
let ssm: SSMClient;
let amis: SourceAmis;

beforeAll(async () => {
  const older = {
    ...debianEntry('x86_64'),
    name: 'debian-12-amd64-20261001-1900',
    creationDate: '2026-10-01T00:00:00.000Z',
  };
  server = await SandboxServer.start([older, debianEntry('x86_64'), debianEntry('arm64')]);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  ssm = new SSMClient({ region: REGION, endpoint: server.endpoint, credentials });
  amis = createSourceAmis(server.ec2(REGION), ssm, { region: REGION, endpoint: server.endpoint });
});
afterAll(async () => {
  ssm.destroy();
  await server[Symbol.asyncDispose]();
});

test('an alias finds the AMIs of its architecture, and the newest is chosen', async () => {
  const debian = { by: 'alias', alias: 'debian:12' } as const;
  const candidates = await amis.find(lookupOf(debian, 'x86_64'));
  expect(candidates.map(({ name }) => name).sort()).toEqual([
    'debian-12-amd64-20261001-1900',
    'debian-12-amd64-20261101-2000',
  ]);
  expect(chooseSourceAmi(candidates, wantedOf(debian, 'x86_64', new Date('2026-11-20')))).toEqual({
    kind: 'chosen',
    ami: {
      imageId: expect.stringMatching(/^ami-[0-9a-f]{17}$/),
      name: 'debian-12-amd64-20261101-2000',
      owner: debianOwner,
      creationDate: '2026-11-01T00:00:00.000Z',
      rootDeviceName: '/dev/xvda',
    },
  });
});

describe('by id and by parameter', () => {
  let id: AmiId;
  beforeAll(async () => {
    const [found] = await amis.find({ by: 'name', name: 'debian-12-*', owner: OWNER, architecture: 'arm64' });
    if (found === undefined) throw new Error('the sandbox has no Debian');
    id = found.imageId;
    const put = (Name: string, Value: string) => ssm.send(new PutParameterCommand({ Name, Value, Type: 'String' }));
    await put('/golden/arm64', id);
    await put('/golden/text', 'not an id');
  });

  test('the AMI itself, whoever owns it', async () => {
    const names = async (lookup: Parameters<SourceAmis['find']>[0]) =>
      (await amis.find(lookup)).map(({ name }) => name);
    expect(await names({ by: 'id', id, owner: 'amazon' })).toEqual(['debian-12-arm64-20261101-2000']);
    expect(await names({ by: 'parameter', parameter: '/golden/arm64', owner: OWNER })).toEqual([
      'debian-12-arm64-20261101-2000',
    ]);
  });

  test('of this account only, when it must be', async () => {
    expect(await amis.find({ by: 'id', id, owner: 'self' })).toEqual([]);
  });

  test('nothing where there is nothing', async () => {
    const gone = parseAmiId('ami-00000000000000000') as AmiId;
    expect(await amis.find({ by: 'id', id: gone, owner: OWNER })).toEqual([]);
    expect(await amis.find({ by: 'parameter', parameter: '/golden/gone', owner: OWNER })).toEqual([]);
    expect(await amis.find({ by: 'parameter', parameter: '/golden/text', owner: OWNER })).toEqual([]);
    expect(await amis.find({ by: 'name', name: 'arch-*', owner: OWNER, architecture: 'x86_64' })).toEqual([]);
  });
});

test('an unreachable endpoint is an error of ours', async () => {
  const connection = { region: REGION, endpoint: 'http://127.0.0.1:1' };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const dead = createSourceAmis(new EC2Client({ ...connection, credentials, maxAttempts: 1 }), ssm, connection);
  await expect(dead.find({ by: 'id', id: parseAmiId('ami-12345678') as AmiId, owner: OWNER })).rejects.toMatchObject({
    code: 'endpoint-unreachable',
  });
});
