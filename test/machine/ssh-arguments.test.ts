import { expect, it } from 'vitest';
import { knownHosts, loginCommand, sshArguments } from '../../src/machine/ssh-arguments.ts';
import type { ShellTarget } from '../../src/run/try-effects.ts';

const target: ShellTarget = {
  instanceId: 'i-0123456789abcdef0',
  address: '203.0.113.7',
  port: 22,
  user: 'admin',
  communicator: 'ssh',
  region: 'eu-central-1',
  keyFile: '/runs/1/try.key',
  hostKeys: [],
};
const files = { knownHosts: '/tmp/bake-x/known_hosts', control: '/tmp/bake-x/c' };
const options = (other: Partial<ShellTarget> = {}) => sshArguments({ ...target, ...other }, files);

it('uses neither the user’s configuration nor the user’s keys', () => {
  expect(options().slice(0, 2)).toEqual(['-F', 'none']);
  expect(options()).toEqual(expect.arrayContaining(['IdentitiesOnly=yes', 'BatchMode=yes']));
  expect(options().slice(-7)).toEqual(['-i', '/runs/1/try.key', '-p', '22', '-l', 'admin', '203.0.113.7']);
});

it('trusts the first host key until the console has shown it', () => {
  expect(options()).toContain('StrictHostKeyChecking=accept-new');
  const hostKeys = ['ssh-ed25519 AAAAC3Nz'];
  expect(options({ hostKeys })).toContain('StrictHostKeyChecking=yes');
  expect(knownHosts({ ...target, hostKeys })).toBe('i-0123456789abcdef0 ssh-ed25519 AAAAC3Nz\n');
  expect(options({ hostKeys })).toContain('HostKeyAlias=i-0123456789abcdef0');
});

it('goes through Session Manager by instance id', () => {
  const managed = { communicator: 'session-manager' } as const;
  expect(options(managed).at(-1)).toBe('i-0123456789abcdef0');
  expect(options(managed)).toContain(
    'ProxyCommand=aws ssm start-session --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p --region eu-central-1',
  );
  expect(loginCommand({ ...target, ...managed })).toContain("-o 'ProxyCommand=aws ssm start-session");
});

it('tells a person how to log in', () => {
  expect(loginCommand({ ...target, port: 2222 })).toBe('ssh -i /runs/1/try.key -p 2222 admin@203.0.113.7');
});
