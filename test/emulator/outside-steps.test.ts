import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { provisionSteps, stepsFile } from '../../src/render/provisioning.ts';
import { packageFile } from '../../src/setup/paths.ts';
import { layer, packerFile, playbook, REBOOT, script } from '../helpers/builders.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { inNamespace } from '../helpers/namespace.ts';

const PACKER = packerFile('provisioner "shell" {\n}\n');
const LAYERS = [
  layer('a', { steps: [script('10-a.sh'), playbook(), script('20-b.sh')] }),
  layer('b', { steps: [PACKER, REBOOT, playbook()] }),
];

/** A builder whose runner writes down when it looks at a layer. */
async function builder(folder: string) {
  const build = join(folder, 'bake-build');
  for (const [index] of LAYERS.entries()) await mkdir(join(build, `layers/${index + 1}/scripts`), { recursive: true });
  await mkdir(join(folder, 'tmp'));
  await copyFile(packageFile('templates', 'provision', 'run.sh'), join(build, 'run.sh'));
  await writeFile(join(build, 'steps'), stepsFile(provisionSteps(LAYERS), LAYERS));
  await writeFile(join(build, 'variables.sh'), '');
  await writeFile(join(build, 'neutral.py'), 'import sys\nprint("look", *sys.argv[1:], flush=True)\n');
  await writeFile(join(build, 'guard.py'), '');
  for (const name of ['10-a.sh', '20-b.sh']) {
    await writeFile(join(build, 'layers/1/scripts', name), '#!/bin/sh\n', { mode: 0o755 });
  }
  const run = async (...words: readonly string[]) => {
    const inside = `mount --bind "$0" /var/lib; mount --bind /var/lib/tmp /tmp; exec sh /var/lib/bake-build/run.sh "$@"`;
    const [command = '', ...before] = [...inNamespace('--mount'), 'sh', '-euc', inside, folder];
    const { exitCode, stdout, stderr } = await execa(command, [...before, ...words], { reject: false });
    return { exitCode, stderr, said: stdout.replaceAll('::bake:: ', '').split('\n') };
  };
  return { build, run };
}

test('a layer is looked at once, when the last of its steps is done, or before a restart', async () => {
  await using folder = await temporaryFolder();
  const { build, run } = await builder(folder.path);
  const said: string[] = [];
  for (const words of ['steps 1 1', 'begin 2', 'end 2', 'steps 3 3', 'begin 4', 'end 4', 'begin 6', 'end 6']) {
    const ran = await run(...words.split(' '));
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    said.push(...ran.said);
  }
  expect(said).toEqual([
    ...['start 1', 'done 1', 'start 2', 'done 2', 'start 3', 'done 3', 'look layer 1'],
    ...['start 4', 'done 4', 'look layer 2', 'start 6', 'done 6', 'look layer 2'],
  ]);
  const timings = (await readFile(join(build, 'timings'), 'utf8')).trimEnd().split('\n');
  expect(timings.map((line) => line.split('\t')[0])).toEqual(['1', '2', '3', '4', '6']);
});

test('a playbook finds a folder for all users it becomes, and the volumes as scripts do', async () => {
  await using folder = await temporaryFolder();
  const { build, run } = await builder(folder.path);
  await writeFile(join(build, 'volumes'), 'data\t/dev/sdf\n');
  await writeFile(join(build, 'volumes.py'), 'import sys\nprint("link", *sys.argv[1:], flush=True)\n');
  const { exitCode, said } = await run('begin', '2');
  expect({ exitCode, said }).toEqual({
    exitCode: 0,
    said: ['start 2', 'link --links /run/bake/volumes /var/lib/bake-build/volumes'],
  });
  const { mode } = await stat(join(folder.path, 'tmp/bake-ansible'));
  expect((mode & 0o7777).toString(8)).toBe('1777');
});

test('what restarts the machine by itself fails, and says what may', async () => {
  await using folder = await temporaryFolder();
  const { build, run } = await builder(folder.path);
  await run('begin', '2');
  await writeFile(join(build, 'boot-id'), 'another\n');
  expect(await run('end', '2')).toEqual({
    exitCode: 1,
    stderr: 'it has restarted the machine, which only a step `reboot` may',
    said: ['failed 2 1'],
  });
});
