import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { Launcher } from '../helpers/cli-machines.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { ProjectSpec } from '../helpers/project.ts';

const script = (...lines: readonly string[]) => ['#!/bin/sh', 'set -eu', ...lines, ''].join('\n');

/** `base` writes to a volume across a restart; `api` finds that in it, on a larger one. */
const spec: ProjectSpec = {
  images: {
    base: {
      source: 'debian:12',
      layers: ['base'],
      volumes: { data: { sizeGiB: 1 }, free: { sizeGiB: 3, snapshot: false, deleteOnTermination: false } },
    },
    api: { parent: 'base', layers: ['api'], volumes: { data: { sizeGiB: 2 } } },
  },
  layers: {
    base: {
      'layer.yaml': 'scripts: [10-format.sh, reboot, 20-write.sh]\n',
      'scripts/10-format.sh': script(
        'mkfs.ext4 -q -L data "$BAKE_VOLUMES/data"',
        'mkdir /srv/data',
        "echo 'LABEL=data /srv/data ext4 defaults,nofail 0 2' >>/etc/fstab",
      ),
      'scripts/20-write.sh': script(
        'mountpoint /srv/data',
        '[ "$(findmnt -no SOURCE /srv/data)" = "$(readlink -f "$BAKE_VOLUMES/data")" ]',
        'echo "of base" >/srv/data/base',
        'ls "$BAKE_VOLUMES" >/srv/data/volumes',
      ),
    },
    api: {
      'files/srv/data/file': 'laid\n',
      'scripts/10-grow.sh': script(
        '[ "$(cat /srv/data/base)" = "of base" ]',
        'resize2fs "$BAKE_VOLUMES/data"',
        'ls "$BAKE_VOLUMES" >>/srv/data/volumes',
        'lsblk -dno SERIAL | grep -c sdg >/srv/data/empty || :',
      ),
    },
  },
};

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
});
afterAll(() => sandbox?.down());

it('bakes what layers write to a volume, down the lineage, and gives each instance an empty one', async () => {
  await using project = await sandbox.project(spec);
  project.patience = 1_800_000;
  const { code, stdout, stderr } = await project.bake(['all', '--sandbox', '--json']);
  if (code !== 0) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
  const { outcomes } = resultOf(stdout);
  const imageId = outcomes['api/x86_64']?.imageId ?? '';

  const ec2 = sandbox.ec2();
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
  const devices = Images[0]?.BlockDeviceMappings?.map(({ DeviceName, Ebs }) => {
    return [DeviceName, Ebs?.VolumeSize, Ebs?.SnapshotId !== undefined, Ebs?.DeleteOnTermination];
  });
  expect(devices).toEqual([
    ['/dev/xvda', expect.any(Number), true, true],
    ['/dev/sdf', 2, true, true],
    ['/dev/sdg', 3, false, false],
  ]);

  const launcher = await Launcher.create(ec2);
  try {
    await using machine = await launcher.launch(imageId);
    const [mounted, read, size, empty] = await machine.runAll(
      'findmnt -no LABEL,OPTIONS /srv/data',
      'cd /srv/data && cat base file volumes empty',
      'df --output=size -BM /srv/data | tail -1',
      // The name that EC2 has for it, which the sandbox's disks have for a serial number.
      `device=/dev/$(lsblk -dno NAME,SERIAL | awk '$2 == "sdg" { print $1 }')
       lsblk -bdno SIZE "$device"
       sudo blkid "$device" || echo unformatted
       sudo head -c 64M "$device" | tr -d '\\0' | wc -c`,
    );
    expect(mounted).toMatch(/^data +rw/);
    expect(read?.trim().split('\n')).toEqual(['of base', 'laid', 'data', 'data', '0']);
    expect(Number.parseInt(size ?? '', 10)).toBeGreaterThan(1500);
    expect(empty?.trim().split('\n')).toEqual([`${3 * 2 ** 30}`, 'unformatted', '0']);
  } finally {
    await launcher[Symbol.asyncDispose]();
  }
});
