import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { SECRETS_MOUNT, SECRETS_UPLOAD } from '../../src/render/provisioning.ts';
import { openSecretFile } from '../../src/run/secret-file.ts';
import { packageFile } from '../../src/setup/paths.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { inNamespace } from '../helpers/namespace.ts';

const VALUES = { token: ' a-token-1234\n', 'deploy-key': 'it\'s "$(x)`\n' };

/** What else a bake runs, which would look at all of this machine. They say when they are called, and what is there then. */
const OTHERS = ['neutral.py', 'probe.py', 'record.py', 'hygiene.py', 'secret_scan.py'];
const OTHER = `import os, sys
shown = sorted(os.listdir("/run/bake/secrets")) if os.path.ismount("/run/bake/secrets") else None
print("ran", os.path.basename(sys.argv[0]), sys.argv[1], shown)
`;

const SCRIPT = `#!/bin/sh
set -eu
printf '%s, ' "$BAKE_SECRETS" "$(stat -c '%a %U' "$BAKE_SECRETS")" "$(stat -f -c %T "$BAKE_SECRETS")"
stat -c '%n %a %U' "$BAKE_SECRETS/token" "$BAKE_SECRETS/deploy-key" | xargs
cp "$BAKE_SECRETS"/* /var/lib/place/
# Which fails for a file of 1970.
gzip -c "$BAKE_SECRETS/token" >/dev/null
echo 'what holds the secret' >"$BAKE_SECRETS/scratch"
`;

/** Runs shell on a machine of which /etc, /run, /tmp and /var/lib are the test's. `upload` and `run` are what Packer does. */
async function onBuilder(folder: string, script: string, archive?: string) {
  const [build, bin] = [join(folder, 'lib/bake-build'), join(folder, 'lib/bin')];
  for (const path of [join(build, 'layers/1/scripts'), bin, join(folder, 'lib/place'), join(folder, 'tmp')]) {
    await mkdir(path, { recursive: true });
  }
  await mkdir(join(folder, 'etc'));
  await writeFile(join(folder, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  for (const name of ['run.sh', 'hygiene.sh']) await cp(packageFile('templates', 'provision', name), join(build, name));
  for (const name of OTHERS) await writeFile(join(build, name), OTHER);
  await writeFile(join(build, 'layers/1/scripts/10-use.sh'), SCRIPT);
  await chmod(join(build, 'layers/1/scripts/10-use.sh'), 0o755);
  await writeFile(
    join(build, 'steps'),
    '1\tscript\t1\tscripts/10-use.sh\n2\treboot\t1\t-\n3\tscript\t1\tscripts/10-use.sh\n',
  );
  await writeFile(join(build, 'variables.sh'), "export BAKE_IMAGE='api'\n");
  await writeFile(join(build, 'communicator'), 'ssh\n');
  await writeFile(join(build, 'secrets'), 'token\ndeploy-key\n');
  await writeFile(join(folder, 'tmp/record-input.json'), '{}');
  await writeFile(join(bin, 'sudo'), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
  await using file = await openSecretFile(VALUES);
  const lines = [
    'mount -t tmpfs none /run',
    ...[
      ['lib', '/var/lib'],
      ['etc', '/etc'],
      ['tmp', '/tmp'],
    ].map(([from, to]) => `mount --bind "$1/${from}" ${to}`),
    'PATH="/var/lib/bin:$PATH"',
    'run() { sh /var/lib/bake-build/run.sh "$@"; }',
    `upload() { ${SECRETS_MOUNT.join('; ')}; cat "$archive" >${SECRETS_UPLOAD}; }`,
    'archive=$2',
    script,
  ];
  const words = ['sh', '-euc', lines.join('\n'), 'sh', folder, archive ?? file.path];
  const [program = '', ...rest] = [...inNamespace('--mount'), ...words];
  return await execa(program, rest, { reject: false });
}

test('scripts find their secrets in memory, after a restart too, and nothing of them is there in the end', async () => {
  await using folder = await temporaryFolder();
  const { stdout, stderr, exitCode } = await onBuilder(
    folder.path,
    `upload
run prepare
run steps 1 1
umount /run/bake/secrets # as a restart does
upload
echo other >/var/lib/bake-build/boot-id
run rebooted 2
run steps 3 3
run finish
ls -A /run/bake/secrets
[ -e /var/lib/bake-build ] || echo gone`,
  );
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  const dir = '/run/bake/secrets';
  const found = `${dir}, 700 root, ramfs, ${dir}/token 400 root ${dir}/deploy-key 400 root`;
  const given = "['deploy-key', 'token']";
  const used = "['deploy-key', 'scratch', 'token']";
  const lines = stdout.split('\n').filter((line) => !line.startsWith('::bake::') && !line.startsWith('cloud-init'));
  expect(lines).toEqual([
    `ran secret_scan.py start ${given}`,
    `ran neutral.py start ${given}`,
    found,
    `ran neutral.py layer ${used}`,
    `ran neutral.py restarted ${given}`,
    found,
    `ran neutral.py layer ${used}`,
    `ran neutral.py check ${used}`,
    `ran probe.py --guard ${used}`,
    `ran record.py /var/lib/bake-build ${used}`,
    // Before anything is cleaned.
    `ran secret_scan.py check ${used}`,
    'ran hygiene.py clean None',
    'ran hygiene.py check None',
    'gone',
  ]);
  for (const [name, value] of Object.entries(VALUES)) {
    expect(await readFile(join(folder.path, 'lib/place', name), 'utf8'), name).toBe(value);
  }
  expect(await readdir(join(folder.path, 'tmp'))).toEqual([]);
});

test('one that is left ends the bake before anything is cleaned', async () => {
  await using folder = await temporaryFolder();
  const { stdout, exitCode } = await onBuilder(
    folder.path,
    `upload
run prepare
echo 'import sys; print("::bake:: leaked {}"); sys.exit(1)' >/var/lib/bake-build/secret_scan.py
run finish`,
  );
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/::bake:: tidy\n::bake:: leaked \{\}$/);
});

test('a bare build of the rendered folder says which secrets it lacks, before the layers', async () => {
  await using folder = await temporaryFolder();
  const { stdout, stderr, exitCode } = await onBuilder(folder.path, 'upload\nrun prepare\nrun steps 1 1', '/dev/null');
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    'the secrets token, deploy-key have not come: bake the image with bake, or name a tar archive of them in secrets_file',
  );
  expect(stdout).not.toContain('::bake:: start');
});

test('one that is not among them is named', async () => {
  await using folder = await temporaryFolder();
  await using other = await openSecretFile({ token: 'a-token-1234' });
  const { stderr, exitCode } = await onBuilder(folder.path, 'upload\nrun prepare', other.path);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('deploy-key');
});
