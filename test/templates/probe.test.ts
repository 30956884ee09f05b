import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, test } from 'vitest';
import { probeOf } from '../../src/model/probe.ts';

const folder = join(import.meta.dirname, '../../templates/try');
const run = promisify(execFile);

/** What an expression is in the probe's own module, with the given instance data. */
async function evaluated(expression: string, instanceData: object = {}): Promise<unknown> {
  const program = [
    'import json, sys',
    `sys.path.insert(0, ${JSON.stringify(folder)})`,
    'import probe, probe_reading, probe_settings',
    'data = json.loads(sys.argv[1])',
    'probe_settings.instance_data = lambda: data',
    `print(json.dumps(${expression}))`,
  ];
  const args = ['-B', '-c', program.join('\n'), JSON.stringify(instanceData)];
  return JSON.parse((await run('python3', args)).stdout);
}

const METADATA = {
  'local-hostname': 'ip-10-0-0-5.ec2.internal',
  'local-ipv4': '10.0.0.5',
  mac: '06:00:00:00:00:01',
  'instance-id': 'i-0123456789abcdef0',
};

test.each([
  ['ip-10-0-0-5', '{local-hostname:short}'],
  ['127.0.1.1 ip-10-0-0-5.ec2.internal ip-10-0-0-5', '127.0.1.1 {local-hostname} {local-hostname:short}'],
  ['address 10.0.0.5/24 and 10.0.0.55, 110.0.0.5', 'address {local-ipv4}/24 and 10.0.0.55, 110.0.0.5'],
  ['gateway', 'gateway'],
  ['MACAddress=06:00:00:00:00:01', 'MACAddress={mac}'],
])('%j reads %j on every instance', async (text, expected) => {
  for (const key of ['meta-data', 'meta_data']) {
    const own = { ds: { [key]: METADATA } };
    expect(await evaluated(`probe_settings.replaced(${JSON.stringify(text)}, probe_settings.own_names())`, own)).toBe(
      expected,
    );
  }
});

it('knows keys as ssh-keygen does, whatever stands before them', async () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZha2VmYWtlZmFrZWZha2VmYWtlZmFrZWZha2VmYWtl comment';
  const lines = [key, `no-pty,command="echo 'Please login as admin'" ${key}`, `# ${key}`, ''];
  const found = (await evaluated(`[probe.fingerprint(line) for line in ${JSON.stringify(lines)}]`)) as string[];
  expect(found[0]).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  expect(found).toEqual([found[0], found[0], '', '']);
});

it('fails when a program fails that is there, and not when it is missing', async () => {
  expect(await evaluated('probe_reading.must("no-such-program")')).toBe('');
  const failing = evaluated(
    '[setattr(probe_reading.time, "sleep", print), probe_reading.must("sh", "-c", "echo no bus >&2; exit 1")]',
  );
  await expect(failing).rejects.toThrow('exit code 1: no bus');
});

it('lists packages of which rpm has several versions with all of them', async () => {
  const listed = ['kernel 6.1.9-1.x86_64', 'bash 5.2-1.x86_64', 'kernel 6.1.10-1.x86_64', 'openssl 1:3.0.8-1.x86_64'];
  const answer = listed.map((row) => `ii \t${row.replace(' ', '\t')}\n`).join('');
  const rpmAlone = `lambda program, *_: ${JSON.stringify(answer)} if program == "rpm" else ""`;
  expect(await evaluated(`[setattr(probe_settings, "run", ${rpmAlone}), probe_settings.packages()][1]`)).toEqual({
    bash: '5.2-1.x86_64',
    kernel: '6.1.10-1.x86_64, 6.1.9-1.x86_64',
    openssl: '1:3.0.8-1.x86_64',
  });
});

it('says something of any machine that has Python, this one as well', async () => {
  const { stdout } = await run('python3', ['-B', join(folder, 'probe.py'), '--guard', '/nowhere', '--packages']);
  const probe = probeOf(JSON.parse(stdout));
  expect(Object.keys(probe?.settings ?? {})).toEqual(expect.arrayContaining(['files', 'sshd', 'users', 'packages']));
  expect(probe?.settings.users?.root).toContain('uid 0');
});
