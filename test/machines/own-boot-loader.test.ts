import { join, resolve } from 'node:path';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findDebianImage } from '../../src/sandbox/debian-image.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { Project } from '../helpers/project.ts';

// A user's image in place of ours: the same Debian on a partition, started by a GRUB on its own disk. One boot.
const DISK = 'own-loader.raw';
const settings = { sandbox: { images: { 'debian:12': DISK } } };
const images = { base: { source: 'debian:12', layers: ['os'] } };
const layers = {
  os: {
    'scripts/10-os.sh': '#!/bin/sh\nset -eu\ngrep -w loader=own /proc/cmdline\nlsblk -no PKNAME /dev/vda1 | grep vda\n',
  },
};

let sandbox: CliSandbox;
let project: Project;

beforeAll(async () => {
  sandbox = await CliSandbox.up();
  project = await sandbox.project({ images, layers, settings });
  project.patience = 1_200_000;
  const ours = await findDebianImage('12');
  const script = resolve(import.meta.dirname, '../helpers/own-loader-disk.sh');
  await execa('sh', [script, ours?.disk ?? '', join(project.dir, DISK)]);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

it('boots and is baked, and what is baked of it boots in the same way', async () => {
  const { code, stdout } = await project.bake(['base', '--sandbox', '--json']);
  if (code !== 0) throw new Error(stdout);
  const { Images = [] } = await sandbox.ec2().send(new DescribeImagesCommand({ Owners: ['self'] }));
  const [baked] = Images;
  expect(baked).toMatchObject({ BootMode: 'legacy-bios', RootDeviceName: '/dev/xvda' });
  expect(baked?.BlockDeviceMappings).toMatchObject([{ Ebs: { VolumeSize: 9 } }]);
  expect(await sandbox.leftovers()).toEqual([]);
});
