import { expect, test } from 'vitest';
import type { CommandIo } from '../../src/commands/io.ts';
import { loadProject } from '../../src/commands/load-project.ts';
import { projectWith } from '../config/project.ts';

const CONFIG = `
project: acme
region: eu-west-1
images:
  base: { source: 'rhel:9', layers: [os] }
  api: { parent: base }
  other: { source: 'rhel:9', build: { sshUser: root } }
  plain: { source: 'debian:12' }
sandbox: { images: { 'rhel:9': { file: rhel.qcow2, sshUser: cloud-user } } }
`;

test.each([
  ['the sandbox', true, { base: 'cloud-user', api: 'cloud-user', other: 'root', plain: 'admin' }],
  ['AWS', false, { base: 'ec2-user', api: 'ec2-user', other: 'root', plain: 'admin' }],
])('on %s each image has the login user of what it starts from', async (_, sandbox, users) => {
  await using project = await projectWith({ 'bake.config.yaml': CONFIG, 'layers/os/files/etc/motd': 'hello\n' });
  const { images } = await loadProject({ sandbox }, { cwd: project.root, env: {} } as CommandIo);
  expect(Object.fromEntries([...images.values()].map(({ name, build }) => [name, build.sshUser]))).toEqual(users);
});
