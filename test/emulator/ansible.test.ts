import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Variables } from '../../src/model/image.ts';
import { extraVarsFile } from '../../src/render/ansible.ts';
import { NASTY_STRINGS } from '../helpers/hcl-unescape.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { Project, type ProjectSpec } from '../helpers/project.ts';

/** What a playbook finds of these. */
async function foundBy(variables: Variables, extraVars: Variables, secrets = false): Promise<unknown> {
  await using folder = await temporaryFolder();
  const image = { variables, ...(secrets ? { secrets: {} } : {}) };
  await writeFile(join(folder.path, 'vars.yml'), extraVarsFile(image, { BAKE_IMAGE: 'api' }, extraVars));
  const names = [...Object.keys({ ...variables, ...extraVars }), 'bake_image', ...(secrets ? ['bake_secrets'] : [])];
  const all = names.map((name) => `'${name}': ${name}`).join(', ');
  const copy = { content: `{{ {${all}} | to_json }}`, dest: join(folder.path, 'found') };
  const play = { hosts: 'all', gather_facts: false, tasks: [{ 'ansible.builtin.copy': copy }] };
  await writeFile(join(folder.path, 'play.yml'), JSON.stringify([play]));
  const args = ['-i', 'localhost,', '--connection=local', '--extra-vars=@vars.yml', 'play.yml'];
  await execa('ansible-playbook', args, { cwd: folder.path, env: { ANSIBLE_NOCOLOR: '1' } });
  return JSON.parse(await readFile(join(folder.path, 'found'), 'utf8'));
}

test('variables of the image arrive in Ansible as they were', async () => {
  const variables = {
    ...Object.fromEntries(NASTY_STRINGS.map((text, n) => [`v${n}`, text])),
    expressions: ['{{ 1 + 1 }}', '{% raw %}', '{# x #}', { '{{ key }}': '{{ nobody }}' }],
    scalars: [null, true, 8080, -1.5, 1e21, 1.5e-9, 'null', 'yes', '0o17', '1e3', '~', ''],
    letters: '\u0000\u0007\u007f\u0085\u2028\ufeff\ud83d\ude00ü',
  };
  expect(await foundBy(variables, {}, true)).toEqual({
    ...variables,
    bake_image: 'api',
    bake_secrets: '/run/bake/secrets',
  });
});

test('those of a step go before them, and may be expressions', async () => {
  const found = await foundBy(
    { port: 80, name_of_it: '{{ x }}' },
    { port: 8080, url: 'http://{{ bake_image }}:{{ port }}' },
  );
  expect(found).toEqual({ port: 8080, name_of_it: '{{ x }}', url: 'http://api:8080', bake_image: 'api' });
});

const spec: ProjectSpec = {
  images: { web: { source: 'debian:12', layers: ['web', 'legacy'], build: { sshUser: 'admin' } } },
  layers: {
    web: {
      'layer.yaml': 'steps: [{ ansible: { playbook: plays/site.yml, requirements: requirements.yml } }]\n',
      'ansible/plays/site.yml': '---\n- hosts: all\n  tasks: []\n',
      'ansible/requirements.yml': '---\nroles: []\n',
    },
    legacy: {
      'layer.yaml': 'steps: [{ packer: old.pkr.hcl }]\n',
      'packer/old.pkr.hcl':
        'provisioner "ansible" {\n  playbook_file = "layers/legacy/packer/site.yml"\n}\nprovisioner "shell" {\n  inline = ["a   =  b"]\n}\n',
      'packer/site.yml': '---\n- hosts: all\n  tasks: []\n',
    },
  },
};

test('a rendered folder has all that Packer and Ansible read, and is valid', async () => {
  await using project = await Project.create(spec);
  const rendered = await project.bake(['render', 'web', '--out', 'out', '--packer-version', '1.6.6']);
  expect({ ...rendered, stdout: '' }).toMatchObject({ code: 0, stderr: '' });
  const cwd = join(project.dir, 'out');
  await execa('packer', ['validate', '.'], { cwd, env: { CHECKPOINT_DISABLE: '1' } });
  const template = await project.read('out/image.pkr.hcl');
  expect(template).toContain(`\n${spec.layers?.legacy?.['packer/old.pkr.hcl']}`);
  expect(template).toContain('roles_path       = "layers/web/ansible/plays/roles"');
  const { stdout } = await execa(
    'ansible-playbook',
    ['--syntax-check', '-i', 'h,', 'layers/web/ansible/plays/site.yml'],
    { cwd },
  );
  expect(stdout).toContain('playbook: layers/web/ansible/plays/site.yml');
  const { stdout: template_1_10 } = await project.bake(['render', 'web', '--packer-version', '1.10.0']);
  expect(template_1_10).toMatch(
    /ansible = \{\n\s+source\s+= "github.com\/hashicorp\/ansible"\n\s+version = ">= 1.1.0"/,
  );
});

test('what the way from a template shows after each step is valid', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/migrate.md'), 'utf8');
  const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text = '']) => ({ language, text }));
  const hcl = blocks.find(({ text }) => text.startsWith('# layers/web/packer/provisioners.pkr.hcl'))?.text ?? '';
  const [asItIs, withPlaybook] = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => text);
  const settings = blocks.find(({ language }) => language === 'ts')?.text ?? '';

  await using project = await Project.create({ images: {} });
  await rm(join(project.dir, 'bake.config.json'));
  await project.write('bake.config.ts', settings);
  const write = async (folder: string) => {
    for (const name of ['site.yml', 'requirements.yml'])
      await project.write(`layers/web/${folder}/${name}`, '--- []\n');
  };
  await project.write('layers/web/packer/scripts/packages.sh', '#!/bin/sh\n');
  await project.write('layers/web/packer/files/nginx.conf', '');
  await project.write('layers/web/packer/provisioners.pkr.hcl', hcl);
  await write('packer/ansible');
  for (const steps of [asItIs, withPlaybook]) {
    await project.write('layers/web/layer.yaml', steps ?? '');
    const { code, stderr } = await project.bake(['render', 'web', '--out', 'out', '--packer-version', '1.6.6']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await execa('packer', ['validate', '.'], { cwd: join(project.dir, 'out'), env: { CHECKPOINT_DISABLE: '1' } });
    await write('ansible');
  }
});

test('the doctor asks for Ansible only where a layer needs it, and says when it is missing', async () => {
  const named = async (of: Project, env = {}) => {
    const { tools } = JSON.parse((await of.bake(['doctor', '--sandbox', '--json'], env)).stdout);
    return tools.filter(({ name }: { name: string }) => name === 'ansible-playbook');
  };
  await using without = await Project.create();
  expect(await named(without)).toEqual([]);
  await using project = await Project.create(spec);
  expect(await named(project)).toMatchObject([{ status: 'present' }]);
  await project.program('ansible-playbook', '#!/bin/sh\necho another of this name\n');
  const PATH = project.bin;
  expect(await named(project, { PATH })).toMatchObject([
    { status: 'missing', problem: expect.stringContaining('as it should'), hint: expect.stringContaining('ansible') },
  ]);
});

test('bake shell refuses to run what Packer runs, and names what does', async () => {
  await using project = await Project.create(spec);
  const { code, stderr } = await project.bake(['shell', 'web', '--layer', 'legacy']);
  expect(code).toBe(2);
  expect(stderr).toContain('layers/web/ansible/plays/site.yml is run by Packer, which bake shell does without');
  expect(stderr).toContain('bake base web --sandbox');
});
