import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSshShell } from '../../src/machine/ssh.ts';
import { interrupted } from '../../src/model/errors.ts';
import type { Shell } from '../../src/run/try-effects.ts';

// An `ssh` that runs the command here: what the adapter makes of exit codes, output, input, limits and signals.
const SSH = `#!/bin/sh
echo "$*" >>"$SSH_LOG"
[ "$1" = -O ] && exit 0
for command in "$@"; do :; done
exec sh -c "$command"
`;

let dir: string;
let shell: Shell;
const signal = new AbortController().signal;
const target = {
  instanceId: 'i-1',
  address: '127.77.0.1',
  port: 2222,
  user: 'admin',
  communicator: 'ssh',
  region: 'eu-central-1',
  keyFile: '/key',
  hostKeys: ['ssh-ed25519 AAAA'],
} as const;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bake-ssh-'));
  await writeFile(join(dir, 'ssh'), SSH);
  await chmod(join(dir, 'ssh'), 0o755);
  shell = await openSshShell(target, { PATH: `${dir}:${process.env.PATH}`, SSH_LOG: join(dir, 'log') });
});
afterEach(async () => {
  await shell.close();
  await rm(dir, { recursive: true, force: true });
});

it('gives an exit code and both outputs, whole', async () => {
  const result = await shell.run('echo out; echo err >&2; exit 3', { seconds: 10, signal });
  expect(result).toEqual({ kind: 'exited', exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
});

it('sends input and hands on lines as they come', async () => {
  const lines: string[] = [];
  const input = Buffer.from('one\ntwo');
  const result = await shell.run('cat', { seconds: 10, signal, input, onLine: (line) => lines.push(line) });
  expect(result).toMatchObject({ exitCode: 0, stdout: 'one\ntwo' });
  expect(lines).toEqual(['one', 'two']);
});

it('tells a lost connection from a command that fails', async () => {
  const result = await shell.run('echo "Connection refused" >&2; exit 255', { seconds: 10, signal });
  expect(result).toEqual({ kind: 'unreachable', because: 'Connection refused' });
});

it('gives up when the time is up', async () => {
  const result = await shell.run('echo begun; exec sleep 60', { seconds: 0.5, signal });
  expect(result).toEqual({ kind: 'timed-out', stdout: 'begun\n' });
});

it('stops for the signal, with its reason', async () => {
  const abort = new AbortController();
  const running = shell.run('echo begun; exec sleep 60', {
    seconds: 60,
    signal: abort.signal,
    onLine: () => abort.abort(interrupted('SIGINT')),
  });
  await expect(running).rejects.toMatchObject({ code: 'interrupted' });
});

it('gives the terminal away until the command ends, with its exit code', async () => {
  expect(await shell.prompt('exit 5', signal)).toBe(5);
  expect(await readFile(join(dir, 'log'), 'utf8')).toMatch(/^-t .* -- exit 5$/m);
});

it('takes the terminal back for the signal, with its reason', async () => {
  const abort = new AbortController();
  const prompt = shell.prompt('exec sleep 60', abort.signal);
  abort.abort(interrupted('SIGHUP'));
  await expect(prompt).rejects.toMatchObject({ code: 'interrupted' });
});

it('says that ssh is missing', async () => {
  await rm(join(dir, 'ssh'));
  const lost = await openSshShell(target, { PATH: dir });
  await expect(lost.run('true', { seconds: 10, signal })).rejects.toMatchObject({ code: 'tool-missing' });
  await lost.close();
});

it('knows the target’s host keys and nobody else’s, and leaves no file', async () => {
  await shell.run('true', { seconds: 10, signal });
  const [, knownHosts = ''] = /UserKnownHostsFile=(\S+)/.exec(await readFile(join(dir, 'log'), 'utf8')) ?? [];
  expect(await readFile(knownHosts, 'utf8')).toBe('i-1 ssh-ed25519 AAAA\n');
  await shell.close();
  await expect(readdir(join(knownHosts, '..'))).rejects.toMatchObject({ code: 'ENOENT' });
});
