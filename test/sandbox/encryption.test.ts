import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DisableEbsEncryptionByDefaultCommand,
  type EC2Client,
  EnableEbsEncryptionByDefaultCommand,
  GetEbsDefaultKmsKeyIdCommand,
  type Image,
  ModifyEbsDefaultKmsKeyIdCommand,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  copyImage,
  describeImage,
  makeImage,
  runInstance,
  settled,
  snapshotIds,
  snapshotOf,
} from '../helpers/sandbox-images.ts';
import { jsonCall } from '../helpers/sandbox-json.ts';
import { SandboxServer, until } from '../helpers/sandbox-server.ts';

const THERE = 'eu-west-1';
const OURS = '123456789012';
const THEIRS = '111122223333';
let server: SandboxServer;
let there: EC2Client;
let source: Image;

beforeAll(async () => {
  server = await SandboxServer.start();
  there = server.ec2(THERE);
  source = await makeImage(server.ec2());
});
afterAll(() => server[Symbol.asyncDispose]());

interface KeyPlace {
  readonly region: string;
  readonly account?: string;
}

async function kms<T>({ region, account }: KeyPlace, action: string, input: unknown, of = server): Promise<T> {
  const keys = account === undefined ? {} : { keys: await of.keysOf(account) };
  return jsonCall<T>(of, { service: 'kms', prefix: 'TrentService', region, ...keys }, action, input);
}

interface Key {
  readonly KeyId: string;
  readonly Arn: string;
}

/** Lets only its own account use it, unless others are named. */
async function createKey(place: KeyPlace, users: readonly string[] = []): Promise<Key> {
  const AWS = users.map((account) => `arn:aws:iam::${account}:root`);
  const Action = ['kms:DescribeKey', 'kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];
  const statement = { Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const input = users.length > 0 ? { Policy } : {};
  return (await kms<{ KeyMetadata: Key }>(place, 'CreateKey', input)).KeyMetadata;
}

const copyWith = async (KmsKeyId: string) =>
  settled(there, await copyImage(there, source, { Encrypted: true, KmsKeyId }));
const encryption = async (image: Image, ec2 = there) => {
  const { Encrypted, KmsKeyId } = await snapshotOf(ec2, image);
  return [image.BlockDeviceMappings?.[0]?.Ebs?.Encrypted, Encrypted, KmsKeyId];
};

describe('a copy', () => {
  it('is encrypted with the key of its region that is named by id, alias or ARN', async () => {
    const { KeyId, Arn } = await createKey({ region: THERE });
    await kms({ region: THERE }, 'CreateAlias', { AliasName: 'alias/bake', TargetKeyId: KeyId });
    const alias = `arn:aws:kms:${THERE}:${OURS}:alias/bake`;
    for (const name of [KeyId, Arn, 'alias/bake', alias]) {
      expect([name, ...(await encryption(await copyWith(name)))]).toEqual([name, true, true, Arn]);
    }
  });

  it('is not encrypted unless it is asked for', async () => {
    expect(await encryption(await settled(there, await copyImage(there, source)))).toEqual([false, false, undefined]);
    const { KeyId } = await createKey({ region: THERE });
    await expect(copyImage(there, source, { KmsKeyId: KeyId })).rejects.toMatchObject({
      name: 'InvalidParameterDependency',
    });
  });

  it('fails with a key that is missing, of another region, disabled, or not for this account', async () => {
    const elsewhere = await createKey({ region: 'us-east-1' });
    const disabled = await createKey({ region: THERE });
    await kms({ region: THERE }, 'DisableKey', { KeyId: disabled.KeyId });
    const theirs = await createKey({ region: THERE, account: THEIRS });
    const bad: readonly (readonly [string, RegExp])[] = [
      ['alias/nobody', /alias\/nobody does not exist in eu-west-1/],
      [elsewhere.KeyId, /does not exist in eu-west-1/],
      [elsewhere.Arn, /is a key of us-east-1/],
      [disabled.Arn, /is Disabled/],
      [theirs.Arn, /not for use by account 123456789012/],
    ];
    for (const [key, why] of bad) {
      const failed = await copyWith(key);
      const { State, StateMessage } = await snapshotOf(there, failed);
      expect([failed.State, State]).toEqual(['failed', 'error']);
      expect(failed.StateReason).toMatchObject({ Code: 'Client.InternalError', Message: StateMessage });
      expect(StateMessage).toMatch(/^Given key ID is not accessible: /);
      expect(StateMessage).toMatch(why);
    }
  });

  it('takes a key of another account that lets it', async () => {
    const { Arn } = await createKey({ region: THERE, account: THEIRS }, [THEIRS, OURS]);
    expect(await encryption(await copyWith(Arn))).toEqual([true, true, Arn]);
  });

  it('fails at the end when its key was disabled on the way', async () => {
    const { KeyId } = await createKey({ region: THERE });
    await server.set('behaviour', { copySeconds: { [THERE]: 3600 } });
    const id = await copyImage(there, source, { Encrypted: true, KmsKeyId: KeyId });
    expect((await describeImage(there, id)).State).toBe('pending');
    await kms({ region: THERE }, 'DisableKey', { KeyId });
    await server.set('behaviour', { copySeconds: {} });
    expect((await settled(there, id)).State).toBe('failed');
  });

  it('stays encrypted when its source is, with the default key where none is named', async () => {
    const { KeyId } = await createKey({ region: THERE });
    const encrypted = await copyWith(KeyId);
    const far = server.ec2('us-west-2');
    const again = await settled(far, await copyImage(far, encrypted, { Encrypted: false }, THERE));
    const [inMapping, inSnapshot, key] = await encryption(again, far);
    expect([inMapping, inSnapshot, key]).toEqual([true, true, expect.stringContaining(':us-west-2:')]);
  });

  it('has a default key, which AWS manages until another is set', async () => {
    const region = 'ca-central-1';
    const ec2 = server.ec2(region);
    const named = async () => (await ec2.send(new GetEbsDefaultKmsKeyIdCommand({}))).KmsKeyId;
    expect(await named()).toBe('alias/aws/ebs');
    const copy = await settled(ec2, await copyImage(ec2, source, { Encrypted: true }));
    const [, , KeyId] = await encryption(copy, ec2);
    expect(await kms({ region }, 'DescribeKey', { KeyId })).toMatchObject({ KeyMetadata: { KeyManager: 'AWS' } });
    expect(await named()).toBe('alias/aws/ebs');
    const { Arn } = await createKey({ region });
    await ec2.send(new ModifyEbsDefaultKmsKeyIdCommand({ KmsKeyId: Arn }));
    expect(await named()).toBe(Arn);
    expect(await kms({ region }, 'DescribeKey', { KeyId: Arn })).toMatchObject({
      KeyMetadata: { KeyManager: 'CUSTOMER' },
    });
  });

  it('is encrypted in a region that encrypts by default, as are volumes launched there', async () => {
    const region = 'eu-north-1';
    const strict = server.ec2(region);
    await strict.send(new EnableEbsEncryptionByDefaultCommand({}));
    const copy = await settled(strict, await copyImage(strict, source));
    const [, encrypted, key] = await encryption(copy, strict);
    expect([encrypted, key]).toEqual([true, expect.stringContaining(`arn:aws:kms:${region}:${OURS}:key/`)]);
    await runInstance(strict, copy.ImageId);
    const { Volumes = [] } = await strict.send(new DescribeVolumesCommand({}));
    expect(Volumes.map(({ Encrypted, KmsKeyId }) => [Encrypted, KmsKeyId])).toEqual([[true, key]]);
    await strict.send(new DisableEbsEncryptionByDefaultCommand({}));
  });
});

describe('an image that is encrypted with the key that AWS manages', () => {
  it('cannot be shared, nor its snapshot', async () => {
    const id = await copyImage(there, source, { Encrypted: true });
    const image = await settled(there, id);
    const LaunchPermission = { Add: [{ UserId: THEIRS }] };
    await expect(there.send(new ModifyImageAttributeCommand({ ImageId: id, LaunchPermission }))).rejects.toMatchObject({
      name: 'InvalidParameter',
      message: expect.stringContaining('AWS Managed CMK'),
    });
    const CreateVolumePermission = { Add: [{ UserId: THEIRS }] };
    await expect(
      there.send(new ModifySnapshotAttributeCommand({ SnapshotId: snapshotIds(image)[0], CreateVolumePermission })),
    ).rejects.toMatchObject({ name: 'OperationNotPermitted' });
  });
});

describe('an encrypted image that is shared', () => {
  async function shared(users: readonly string[]): Promise<Image> {
    const { Arn } = await createKey({ region: THERE }, users);
    const image = await copyWith(Arn);
    const Add = [{ UserId: THEIRS }];
    const { ImageId } = image;
    await there.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add } }));
    const [SnapshotId] = snapshotIds(image);
    await there.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission: { Add } }));
    return image;
  }

  async function launched(ec2: EC2Client, image: Image) {
    const id = await runInstance(ec2, image.ImageId);
    return until(async () => {
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      const instance = Reservations[0]?.Instances?.[0];
      return instance?.State?.Name !== 'pending' && instance;
    }, 10_000);
  }

  it('is launched and copied where its key may be used', async () => {
    const theirs = await server.ec2Of(THEIRS, THERE);
    const image = await shared([OURS, THEIRS]);
    expect((await launched(theirs, image)).State?.Name).toBe('running');
    expect((await settled(theirs, await copyImage(theirs, image, {}, THERE))).State).toBe('available');
  });

  it('is neither where its key may not', async () => {
    const theirs = await server.ec2Of(THEIRS, THERE);
    const image = await shared([OURS]);
    const { State, StateReason } = await launched(theirs, image);
    expect([State?.Name, StateReason?.Code]).toEqual(['terminated', 'Client.InternalError']);
    const failed = await settled(theirs, await copyImage(theirs, image, {}, THERE));
    expect([failed.State, failed.StateReason?.Message]).toEqual([
      'failed',
      expect.stringContaining(`not for use by account ${THEIRS}`),
    ]);
  });
});

it('knows keys and encrypted snapshots after a crash', async () => {
  await using own = await SandboxServer.start();
  const image = await makeImage(own.ec2());
  const id = await copyImage(own.ec2(THERE), image, { Encrypted: true });
  expect((await settled(own.ec2(THERE), id)).State).toBe('available');
  await own.set('behaviour', { copySeconds: { '*': 3600 } });
  const interrupted = await copyImage(own.ec2(THERE), image, { Encrypted: true });
  const signing = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' };
  const { KeyMetadata } = await kms<{ KeyMetadata: Key }>({ region: THERE }, 'CreateKey', signing, own);
  expect(await own.end('SIGKILL')).toBe('SIGKILL');
  await own.start();
  const ec2 = own.ec2(THERE);
  const [before, after] = [await describeImage(ec2, id), await describeImage(ec2, interrupted)];
  expect([before.State, after.State]).toEqual(['available', 'available']);
  expect((await snapshotOf(ec2, after)).KmsKeyId).toBe((await snapshotOf(ec2, before)).KmsKeyId);
  const { KeyId } = KeyMetadata;
  expect(await kms({ region: THERE }, 'GetPublicKey', { KeyId }, own)).toMatchObject({
    SigningAlgorithms: ['ECDSA_SHA_256'],
  });
});
