import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { layersWithAnsible, requireAnsible } from '../../src/commands/require-ansible.ts';
import { base, config, layer, packerFile, playbook, script } from '../helpers/builders.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';

const LAYERS = [
  layer('web', { steps: [playbook()] }),
  layer('old', { steps: [packerFile('', ['file', 'ansible'])] }),
  layer('plain', { steps: [script('10-a.sh'), packerFile('')] }),
];
const images = ['web', 'old', 'plain'].map((name) => base(name, { layers: [name] }));
const [web, , plain] = images;
const CONFIG = config(images, LAYERS);
const { signal } = new AbortController();

afterEach(() => vi.unstubAllEnvs());

test('layers that Ansible is needed for, of these images', () => {
  expect(layersWithAnsible(CONFIG, images).map(({ name }) => name)).toEqual(['web', 'old']);
  expect(layersWithAnsible(CONFIG, plain === undefined ? [] : [plain])).toEqual([]);
});

test('where it is missing, whoever needs it is told what to type, and nobody else', async () => {
  await using folder = await temporaryFolder();
  vi.stubEnv('PATH', folder.path);
  await requireAnsible(CONFIG, plain === undefined ? [] : [plain], signal);
  await expect(requireAnsible(CONFIG, web === undefined ? [] : [web], signal)).rejects.toMatchObject({
    code: 'ansible-missing',
    message: 'layers/web runs a playbook, and ansible-playbook cannot be run on this machine: not found',
    hint: expect.stringMatching(/ansible/i),
  });
  const program = join(folder.path, 'ansible-playbook');
  await writeFile(program, '#!/bin/sh\necho "ansible-playbook 2.9.27"\n');
  await chmod(program, 0o755);
  await requireAnsible(CONFIG, images, signal);
});
