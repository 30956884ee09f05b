import {
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type CliResult, resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { type ProjectSpec, twoImages } from '../../helpers/project.ts';

/** Many commands one after the other. */
vi.setConfig({ testTimeout: 400_000 });

const [HOME, FAR] = ['us-east-1', 'eu-west-1'];

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

const volumes = {
  data: { sizeGiB: 10, type: 'gp3', iops: 4000, throughput: 200 },
  free: { sizeGiB: 500, type: 'st1', encrypted: true, snapshot: false, deleteOnTermination: false },
};

const specOf = (base: object, api: object = {}, settings: object = {}): ProjectSpec => ({
  ...twoImages,
  settings,
  images: { base: { ...twoImages.images.base, volumes: base }, api: { ...twoImages.images.api, volumes: api } },
});

function ok({ code, stdout, stderr }: CliResult): string {
  if (code !== 0) throw new Error(stderr + stdout);
  return stdout;
}

function clientOf(region: string): EC2Client {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new EC2Client({ region, endpoint: sandbox.endpoint, credentials });
}

/** By device, of the AMI of that name. */
async function mappingsOf(name: string, region = HOME) {
  const Filters = [{ Name: 'name', Values: [name] }];
  const { Images = [] } = await clientOf(region).send(new DescribeImagesCommand({ Owners: ['self'], Filters }));
  const mappings = Images.flatMap(({ BlockDeviceMappings = [] }) => BlockDeviceMappings);
  return Object.fromEntries(mappings.map(({ DeviceName = '', Ebs }) => [DeviceName, Ebs]));
}

const SNAPSHOT = expect.stringMatching(/^snap-/);
const FREE = { VolumeSize: 500, VolumeType: 'st1', Encrypted: true, DeleteOnTermination: false };

it('an AMI has the volumes of its image, with a snapshot or empty, and so have its children and copies', async () => {
  const channels = {
    prod: {
      targets: [
        { regions: [HOME, FAR] },
        { account: '222222222222', role: 'arn:aws:iam::222222222222:role/bake-promote', mode: 'copy', regions: [FAR] },
      ],
      pointers: { parameter: '/{project}/{image}' },
    },
  };
  const settings = { channels, state: { bucket: 'acme-state' } };
  await using project = await sandbox.project(
    specOf(volumes, { data: { sizeGiB: 20, deleteOnTermination: false } }, settings),
  );
  const { outcomes } = resultOf(ok(await project.bake(['all', '--sandbox', '--json'])));
  expect(outcomes).toMatchObject({ 'base/x86_64': { status: 'done' }, 'api/x86_64': { status: 'done' } });

  const data = { VolumeType: 'gp3', Iops: 4000, Throughput: 200, SnapshotId: SNAPSHOT };
  const base = await mappingsOf('acme/base/*');
  expect(base).toMatchObject({ '/dev/sdf': { ...data, VolumeSize: 10, DeleteOnTermination: true }, '/dev/sdg': FREE });
  expect(base['/dev/sdg']).not.toHaveProperty('SnapshotId');
  const api = await mappingsOf('acme/api/*');
  expect(api).toMatchObject({ '/dev/sdf': { ...data, VolumeSize: 20, DeleteOnTermination: false }, '/dev/sdg': FREE });
  expect(api['/dev/sdg']).not.toHaveProperty('SnapshotId');

  // Snapshots have the tags of their image, all of them; builders leave no volume.
  const SnapshotIds = [...Object.values(base), ...Object.values(api)].flatMap((ebs) => ebs?.SnapshotId ?? []);
  const { Snapshots = [] } = await clientOf(HOME).send(new DescribeSnapshotsCommand({ SnapshotIds }));
  expect(Snapshots).toHaveLength(4);
  for (const { Tags = [] } of Snapshots) expect(Tags.map(({ Key }) => Key)).toContain('bake:fingerprint');
  expect((await clientOf(HOME).send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);

  ok(await project.bake(['state', 'init', '--sandbox', '--yes']));
  ok(await project.bake(['promote', 'api', '--to', 'prod', '--sandbox', '--yes', '--json']));
  const copy = await mappingsOf('acme/api/*', FAR);
  expect(copy['/dev/sdg']).toEqual(api['/dev/sdg']);
  expect(copy['/dev/sdf']).toEqual({ ...api['/dev/sdf'], SnapshotId: SNAPSHOT });
  ok(await project.bake(['verify', 'api', '--sandbox']));
});

it('says which volume has changed, and bakes what stands on it again', async () => {
  await using project = await sandbox.project(specOf(volumes));
  ok(await project.bake(['all', '--sandbox', '--json']));
  await project.configure(specOf({ ...volumes, data: { ...volumes.data, sizeGiB: 12 } }));
  expect(ok(await project.bake(['why', 'base', '--sandbox']))).toContain('changed volume/data');
  const { steps } = JSON.parse(ok(await project.bake(['plan', '--sandbox', '--json'])));
  expect(steps.map(({ action }: { action: string }) => action)).toEqual(['bake', 'bake']);
});

it('refuses at plan time a device that the source AMI has, and a snapshot that is too large or not there', async () => {
  const ec2 = clientOf(HOME);
  const { VolumeId } = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 5 }));
  const { SnapshotId = '' } = await ec2.send(new CreateSnapshotCommand({ VolumeId }));
  const { ImageId = '' } = await ec2.send(
    new RegisterImageCommand({
      Name: 'golden',
      Architecture: 'x86_64',
      RootDeviceName: '/dev/sda1',
      VirtualizationType: 'hvm',
      BlockDeviceMappings: [
        { DeviceName: '/dev/sda1', Ebs: { SnapshotId } },
        { DeviceName: '/dev/xvdf', Ebs: { VolumeSize: 1 } },
      ],
    }),
  );
  const golden = (own: object): ProjectSpec => {
    const base = { layers: ['os'], source: { id: ImageId, owner: 'self' }, build: { sshUser: 'admin' } };
    return { ...twoImages, images: { base: { ...base, volumes: { data: { sizeGiB: 4, ...own } } } } };
  };
  await using project = await sandbox.project(golden({}));
  const refused = async (own: object) => {
    await project.configure(golden(own));
    const { code, stderr } = await project.bake(['plan', '--sandbox']);
    expect(code).toBe(1);
    return stderr;
  };
  expect(await refused({})).toContain(
    `volume data of base cannot be /dev/sdf: the source AMI ${ImageId} (golden) has a block device of its own at /dev/xvdf`,
  );
  expect(await refused({ device: '/dev/sdg', snapshot: SnapshotId })).toContain(
    `volume data of base cannot start from ${SnapshotId} in us-east-1: it has 5 GiB, and the volume 4`,
  );
  expect(await refused({ device: '/dev/sdg', snapshot: 'snap-0123456789abcdef0' })).toContain('it is not there');

  await project.configure(golden({ device: '/dev/sdg', snapshot: SnapshotId, sizeGiB: 6 }));
  ok(await project.bake(['base', '--sandbox', '--json']));
  // What the source AMI has besides is baked with it, as it is attached to the builder.
  expect(await mappingsOf('acme/base/*')).toMatchObject({
    '/dev/sdg': { VolumeSize: 6, SnapshotId: SNAPSHOT },
    '/dev/xvdf': { VolumeSize: 1, SnapshotId: SNAPSHOT },
  });
});
