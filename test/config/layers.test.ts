import { createHash } from 'node:crypto';
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listLayers, readLayers } from '../../src/config/layers.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { type LayerName, parseLayerName } from '../../src/model/ids.ts';
import { projectWith } from './project.ts';

const NAME = parseLayerName('web') as LayerName;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
type Files = Parameters<typeof projectWith>[0];

async function read(root: string) {
  const { layers, problems } = await readLayers(root, [NAME]);
  return { layer: layers.get(NAME), problems: problems.map((problem) => formatProblem(problem, '', root)) };
}

async function readFiles(files: Files) {
  const inLayer = Object.fromEntries(Object.entries(files).map(([name, content]) => [`web/${name}`, content]));
  await using project = await projectWith(inLayer);
  return await read(project.root);
}

test('files, templates, links and modes', async () => {
  const { layer, problems } = await readFiles({
    'README.md': 'for people',
    'layer.yaml': "description: A web server\nfiles: [{ path: '/etc/sudoers.d/*', mode: '0440', group: adm }]\n",
    'files/etc/motd.hbs': 'hello {{name}}',
    'files/etc/sudoers.d/ops': 'x',
    'files/usr/bin/tool': { text: '#!/bin/sh\n', mode: 0o700 },
    'files/etc/link.hbs': { link: '../nowhere/at all' },
    'files/etc/.gitkeep': '',
    'files/.DS_Store': '',
  });
  expect(problems).toEqual([]);
  expect(layer?.description).toBe('A web server');
  const root = { owner: 'root', group: 'root' };
  expect(layer?.files).toEqual([
    {
      ...root,
      path: '/etc/link.hbs',
      source: 'files/etc/link.hbs',
      type: 'symlink',
      mode: '0777',
      template: false,
      digest: sha256('../nowhere/at all'),
      target: '../nowhere/at all',
    },
    {
      ...root,
      path: '/etc/motd',
      source: 'files/etc/motd.hbs',
      type: 'file',
      mode: '0644',
      template: true,
      digest: sha256('hello {{name}}'),
    },
    {
      owner: 'root',
      group: 'adm',
      path: '/etc/sudoers.d/ops',
      source: 'files/etc/sudoers.d/ops',
      type: 'file',
      mode: '0440',
      template: false,
      digest: sha256('x'),
    },
    {
      ...root,
      path: '/usr/bin/tool',
      source: 'files/usr/bin/tool',
      type: 'file',
      mode: '0755',
      template: false,
      digest: sha256('#!/bin/sh\n'),
    },
  ]);
});

test('parts of user-data come by name, and what cannot be one is told', async () => {
  const { layer, problems } = await readFiles({
    'user-data/20-b.sh': '#!/bin/sh\n',
    'user-data/10-a.yaml': '#cloud-config\n',
    'user-data/.gitkeep': '',
    'user-data/c.yaml.hbs': '',
    'user-data/more/d.yaml': '',
    'user-data/link.sh': { link: '20-b.sh' },
  });
  expect(layer?.userData).toEqual([
    { source: 'user-data/10-a.yaml', digest: sha256('#cloud-config\n') },
    { source: 'user-data/20-b.sh', digest: sha256('#!/bin/sh\n') },
  ]);
  expect(problems.toSorted()).toEqual([
    expect.stringContaining('user-data/c.yaml.hbs would not be rendered'),
    expect.stringContaining('user-data/link.sh is a symbolic link'),
    expect.stringContaining('user-data/more/d.yaml is in a folder'),
  ]);
});

test('acceptances keep their lines', async () => {
  const { layer } = await readFiles({
    'files/a': '',
    'layer.yaml': 'accept:\n  - rule: hosts\n    reason: known\n  - { rule: a, path: /etc/*, reason: x }\n',
  });
  expect(layer?.accept).toEqual([
    { rule: 'hosts', reason: 'known', line: 2 },
    { rule: 'a', path: '/etc/*', reason: 'x', line: 4 },
  ]);
});

test('scripts run by name as plain strings, or as listed', async () => {
  const scripts = { 'scripts/9-last.sh': 'c', 'scripts/10-first.sh': 'a', 'scripts/20-then.sh.hbs': 'b' };
  const step = (name: string, text: string) => ({
    kind: 'script',
    source: `scripts/${name}`,
    template: name.endsWith('.hbs'),
    digest: sha256(text),
  });
  const byName = await readFiles(scripts);
  expect(byName.layer?.steps).toEqual([step('10-first.sh', 'a'), step('20-then.sh.hbs', 'b'), step('9-last.sh', 'c')]);
  const listed = await readFiles({
    ...scripts,
    'layer.yaml': 'scripts: [9-last.sh, reboot, 20-then.sh.hbs, reboot, 10-first.sh]',
  });
  expect(listed.problems).toEqual([]);
  expect(listed.layer?.steps).toEqual([
    step('9-last.sh', 'c'),
    { kind: 'reboot' },
    step('20-then.sh.hbs', 'b'),
    { kind: 'reboot' },
    step('10-first.sh', 'a'),
  ]);
});

test('later declarations win, key by key, and a glob also matches names that start with a dot', async () => {
  const { layer } = await readFiles({
    'files/etc/app/.env': '',
    'files/etc/app/sub/x': '',
    'layer.yaml': `
files:
  - { path: '/etc/app/**', owner: app, mode: '0640' }
  - { path: '/etc/app/*', mode: '0600' }
`,
  });
  expect(layer?.files.map(({ path, mode, owner }) => [path, mode, owner])).toEqual([
    ['/etc/app/.env', '0600', 'app'],
    ['/etc/app/sub/x', '0640', 'app'],
  ]);
});

test('umask, mtime and the place of the checkout do not matter', async () => {
  const files = {
    'web/layer.yaml': "description: x\nfiles: [{ mode: '0600', path: /etc/a }]",
    'web/files/etc/a': { text: 'a', mode: 0o644 },
    'web/files/etc/b': { text: 'b', mode: 0o755 },
    'web/scripts/10.sh': { text: 'c', mode: 0o644 },
  };
  await using one = await projectWith(files);
  await using other = await projectWith(files);
  await chmod(join(other.root, 'web/files/etc/a'), 0o660);
  await chmod(join(other.root, 'web/files/etc/b'), 0o700);
  await utimes(join(other.root, 'web/scripts/10.sh'), 0, 0);
  await writeFile(join(other.root, 'web/layer.yaml'), "files:\n  - path: /etc/a\n    mode: '0600'\ndescription: x\n");
  const strip = async (root: string) => ({ ...(await read(root)).layer, dir: '' });
  expect(await strip(other.root)).toEqual(await strip(one.root));
});

test('a large file is hashed in chunks', async () => {
  const text = 'x'.repeat(3 * (1 << 20) + 17);
  const { layer } = await readFiles({ 'files/opt/artefact': text });
  expect(layer?.files[0]?.digest).toBe(sha256(text));
});

test('no layer.yaml is no problem', async () => {
  const { layer } = await readFiles({ 'files/etc/a': '' });
  expect(layer?.description).toBe('');
});

test('tests: every file in the folder itself, data below it', async () => {
  const { layer, problems } = await readFiles({
    'files/etc/a': 'a',
    'test/20-b': 'b',
    'test/10-a': { text: 'a', mode: 0o755 },
    'test/data/x.json': '{}',
  });
  expect(problems).toEqual([]);
  expect(layer?.tests).toEqual([
    { source: 'test/10-a', isTest: true, digest: sha256('a') },
    { source: 'test/20-b', isTest: true, digest: sha256('b') },
    { source: 'test/data/x.json', isTest: false, digest: sha256('{}') },
  ]);
});

describe('steps of other kinds', () => {
  const HCL = 'provisioner "shell" {\n  script = "layers/web/packer/setup.sh"\n}\n';
  const ansible = {
    'ansible/site.yml': '---\n',
    'ansible/requirements.yml': '---\n',
    'ansible/roles/x/tasks/main.yml': '',
  };
  const packer = { 'packer/old.pkr.hcl': HCL, 'packer/setup.sh': { text: 'true\n', mode: 0o755 } };

  test('stand between scripts as they are listed', async () => {
    const { layer, problems } = await readFiles({
      ...ansible,
      ...packer,
      'scripts/10-a.sh': 'a',
      'layer.yaml': `steps:
  - packer: old.pkr.hcl
  - ansible: site.yml
  - 10-a.sh
  - reboot
  - ansible: { playbook: site.yml, requirements: requirements.yml, extraVars: { a: [1] }, tags: [x], skipTags: [y], groups: [z] }
`,
    });
    expect(problems).toEqual([]);
    const none = { extraVars: {}, tags: [], skipTags: [], groups: [] };
    expect(layer?.steps).toEqual([
      { kind: 'packer', source: 'packer/old.pkr.hcl', hcl: HCL, provisioners: ['shell'] },
      { kind: 'ansible', playbook: 'ansible/site.yml', ...none },
      { kind: 'script', source: 'scripts/10-a.sh', template: false, digest: sha256('a') },
      { kind: 'reboot' },
      {
        kind: 'ansible',
        playbook: 'ansible/site.yml',
        requirements: 'ansible/requirements.yml',
        extraVars: { a: [1] },
        tags: ['x'],
        skipTags: ['y'],
        groups: ['z'],
      },
    ]);
    expect(layer?.provisionerFiles.map(({ source, executable }) => [source, executable])).toEqual([
      ['ansible/requirements.yml', false],
      ['ansible/roles/x/tasks/main.yml', false],
      ['ansible/site.yml', false],
      ['packer/old.pkr.hcl', false],
      ['packer/setup.sh', true],
    ]);
  });

  test('a template for Packer may run what is in ansible/', async () => {
    const hcl = 'provisioner "ansible" {\n  playbook_file = "./layers/web/ansible/site.yml"\n}\n';
    const files = {
      'ansible/site.yml': '',
      'packer/old.pkr.hcl': hcl,
      'layer.yaml': 'steps: [{ packer: old.pkr.hcl }]',
    };
    expect(await readFiles(files)).toMatchObject({ problems: [], layer: { steps: [{ provisioners: ['ansible'] }] } });
  });

  test.each<[string, Files, readonly string[]]>([
    [
      'folders that nothing runs',
      { ...ansible, ...packer, 'scripts/10-a.sh': '' },
      [
        'web: ansible/ is run by no step; write steps: [{ ansible: { playbook: site.yml } }] in layer.yaml',
        'web: packer/ is run by no step; write steps: [{ packer: provisioners.pkr.hcl }] in layer.yaml',
      ],
    ],
    [
      'both lists, and a script that is in none',
      { 'scripts/a': '', 'scripts/b': '', 'layer.yaml': 'scripts: [a, b]\nsteps: [a]' },
      [
        'web/layer.yaml: scripts: has no place beside steps, which list scripts too; keep steps',
        'web/layer.yaml: steps: does not list scripts/b; list it or remove it',
      ],
    ],
    [
      'files that are not there',
      {
        ...ansible,
        ...packer,
        'layer.yaml': 'steps: [{ ansible: { playbook: sit.yml, requirements: r.yml } }, { packer: odl.pkr.hcl }]',
      },
      [
        'web/layer.yaml: steps[0].ansible.playbook: "sit.yml" is not in ansible/; there are requirements.yml, site.yml. Did you mean "site.yml"?',
        'web/layer.yaml: steps[0].ansible.requirements: "r.yml" is not in ansible/; there are requirements.yml, site.yml',
        'web/layer.yaml: steps[1].packer: "odl.pkr.hcl" is not in packer/; there are old.pkr.hcl, setup.sh. Did you mean "old.pkr.hcl"?',
      ],
    ],
    [
      'steps of no kind, of two, and with what is no name',
      {
        ...ansible,
        'layer.yaml':
          'steps: [{}, { ansible: site.yml, packer: x.hcl }, 3, { ansible: ../x.yml }, { ansible: { playbok: x, tags: ["a b"] } }, { ansibel: x }]',
      },
      [
        'web/layer.yaml: steps[2]: 3 is neither the name of a script, reboot, { ansible: … } nor { packer: … }',
        'web/layer.yaml: steps[3].ansible: "../x.yml" is not a path of letters, digits and _ - . + @',
        'web/layer.yaml: steps[4].ansible.playbook: is required',
        'web/layer.yaml: steps[4].ansible.tags[0]: "a b" is not a name of letters, digits and _ . : -',
        'web/layer.yaml: steps[4].ansible.playbok: unknown key; keys here are playbook, requirements, extraVars, tags, skipTags, groups. Did you mean "playbook"?',
        'web/layer.yaml: steps[5].ansibel: unknown key; keys here are ansible, packer. Did you mean "ansible"?',
      ],
    ],
    [
      'one of no kind, and one of two',
      { ...ansible, 'layer.yaml': 'steps: [{}, { ansible: site.yml, packer: x.hcl }]' },
      [
        'web/layer.yaml: steps[0]: {} has to be either { ansible: … } or { packer: … }',
        'web/layer.yaml: steps[1]: {"ansible":"site.yml","packer":"x.hcl"} has to be either { ansible: … } or { packer: … }',
      ],
    ],
    [
      'what is no file for Packer, and a link',
      {
        'packer/sub/x.pkr.hcl': HCL,
        'packer/x.txt': '',
        'packer/link.hcl': { link: '../../x.hcl' },
        'layer.yaml': 'steps: [{ packer: sub/x.pkr.hcl }, { packer: x.txt }]',
      },
      [
        'web: packer/link.hcl is a symbolic link, and a change of what it leads to would bake nothing again',
        'web/layer.yaml: steps[0].packer: "sub/x.pkr.hcl" has to be in packer/ itself and to end in .hcl',
        'web/layer.yaml: steps[1].packer: "x.txt" has to be in packer/ itself and to end in .hcl',
      ],
    ],
    [
      'what may not go into a template, with the line',
      {
        'packer/x.hcl': 'variable "x" {\n}\nprovisioner "shell" {\n  inline = [var.x]\n}\n',
        'layer.yaml': 'steps: [{ packer: x.hcl }]',
      },
      [
        'web/layer.yaml: steps[0].packer: packer/x.hcl:1: variable is not allowed; there are no variables of Packer; write the value',
        'web/layer.yaml: steps[0].packer: packer/x.hcl:4: var.x is not there; write the value, or have a script read BAKE_VAR_<name>',
      ],
    ],
    [
      'files that Packer would not find, or that would not count',
      {
        ...packer,
        'packer/x.hcl':
          'provisioner "file" {\n  sources = ["setup.sh", "gone", "/etc/motd", "layers/web/packer/setpu.sh", "../x", "./layers/web/packer/"]\n}\n',
        'layer.yaml': 'steps: [{ packer: x.hcl }]',
      },
      [
        'web/layer.yaml: steps[0].packer: packer/x.hcl:2: "setup.sh" is not found from where Packer runs; write layers/web/packer/setup.sh',
        'web/layer.yaml: steps[0].packer: packer/x.hcl:2: "gone" is not found from where Packer runs; write layers/web/packer/<file>',
        'web/layer.yaml: steps[0].packer: packer/x.hcl:2: "/etc/motd" is not in the layer, so a change of it would bake nothing again; bring it into packer/, or make it an artefact',
        'web/layer.yaml: steps[0].packer: packer/x.hcl:2: "layers/web/packer/setpu.sh" is not there; did you mean layers/web/packer/setup.sh?',
        'web/layer.yaml: steps[0].packer: packer/x.hcl:2: "../x" is not found from where Packer runs; write layers/web/packer/<file>',
      ],
    ],
  ])('problems: %s', async (_, files, expected) => {
    expect((await readFiles(files)).problems.toSorted()).toEqual([...expected].toSorted());
  });
});

describe('problems', () => {
  const file = { 'files/etc/a': 'a' };
  test.each<[string, Files, readonly string[]]>([
    ['an empty layer', { 'README.md': '' }, ['web: is empty; a layer has files/ or scripts/']],
    [
      'something unknown',
      { ...file, 'layer.yml': '', 'script/x.sh': '' },
      [
        'web: "layer.yml" is unknown here; a layer has layer.yaml, files, scripts, ansible, packer, test, user-data. Did you mean "layer.yaml"?',
        'web: "script" is unknown here; a layer has layer.yaml, files, scripts, ansible, packer, test, user-data. Did you mean "scripts"?',
      ],
    ],
    ['a file in place of a folder', { ...file, scripts: '' }, ['web: scripts is a file; it has to be a folder']],
    [
      'two sources for one path',
      { ...file, 'files/etc/a.hbs': '' },
      ['web: files/etc/a and files/etc/a.hbs both make /etc/a on the machine; keep one'],
    ],
    [
      'a file where a folder has to be',
      { 'files/etc/app.hbs': '', 'files/etc/app/x': '', 'files/etc/.hbs': '' },
      [
        'web: "files/etc/.hbs" has no name before .hbs',
        'web: files/etc/app/x needs a folder where files/etc/app.hbs makes a file; keep one',
      ],
    ],
    [
      'a control character',
      { ...file, 'files/etc/b\nc': '' },
      ['web: "files/etc/b\\nc" has a control character in its name'],
    ],
    [
      'a script that is there as a template too',
      { ...file, 'scripts/10-a.sh': 'one', 'scripts/10-a.sh.hbs': 'two' },
      ['web: scripts/10-a.sh and scripts/10-a.sh.hbs are one script on the machine; keep one'],
    ],
    [
      'a description that is half a character',
      { ...file, 'layer.yaml': 'description: "\\ud83d"\n' },
      ['web/layer.yaml: description: has half of a character (a lone surrogate), which UTF-8 cannot hold'],
    ],
    [
      'settings in another encoding',
      { ...file, 'layer.yaml': Buffer.from('description: caf\xe9\n', 'latin1') },
      ['web/layer.yaml: is not UTF-8'],
    ],
    [
      'provisioners of Packer in another encoding',
      {
        'layer.yaml': 'steps: [{ packer: old.hcl }]\n',
        'packer/old.hcl': Buffer.from('provisioner "shell" {\n  inline = ["echo caf\xe9"]\n}\n', 'latin1'),
      },
      ['web: packer/old.hcl is not UTF-8'],
    ],
    [
      'a declaration without a file',
      { ...file, 'layer.yaml': "files: [{ path: '/etc/b*', mode: '0600' }]" },
      ['web/layer.yaml: files[0].path: "/etc/b*" matches no file of the layer'],
    ],
    [
      'a pattern that is half an expression',
      { ...file, 'layer.yaml': "files: [{ path: '/etc/(?<x>a)', mode: '0600' }]" },
      ['web/layer.yaml: files[0].path: "/etc/(?<x>a)" is no pattern of paths, which has no \'(?\''],
    ],
    [
      'a backslash that would be an expression',
      { ...file, 'files/etc/5': '', 'layer.yaml': "files: [{ path: '/etc/\\d', mode: '0600' }]" },
      ['web/layer.yaml: files[0].path: "/etc/\\\\d" matches no file of the layer'],
    ],
    [
      'a declaration of nothing',
      { ...file, 'layer.yaml': 'files: [{ path: /etc/a }]' },
      ['web/layer.yaml: files[0]: declares nothing; write mode, owner or group'],
    ],
    [
      'a mode without quotes, a mode that is none',
      { ...file, 'layer.yaml': "files: [{ path: /etc/a, mode: 0440 }, { path: /etc/a, mode: '644' }]" },
      [
        "web/layer.yaml: files[0].mode: 440 is not a mode; write it in quotes, as in '0440'",
        'web/layer.yaml: files[1].mode: "644" is not a mode of four octal digits, such as \'0440\'',
      ],
    ],
    [
      'a relative path, a strange owner, an unknown key',
      { ...file, 'layer.yaml': "files: [{ path: etc/a, owner: 'a b', modee: '0644' }]\ndescripton: x\n" },
      [
        'web/layer.yaml: files[0].path: "etc/a" is not an absolute path on the machine',
        'web/layer.yaml: files[0].owner: "a b" is not the name or number of an account',
        'web/layer.yaml: files[0].modee: unknown key; keys here are path, mode, owner, group. Did you mean "mode"?',
        'web/layer.yaml: descripton: unknown key; keys here are description, files, scripts, steps, accept. Did you mean "description"?',
      ],
    ],
    [
      'acceptances without a rule, a reason, or a place',
      {
        ...file,
        'layer.yaml': "accept: [{ rule: a, reason: ' ' }, { reason: x }, { rule: a, reason: x, path: etc/a }]\n",
      },
      [
        'web/layer.yaml: accept[0].reason: " " is empty; say why the finding may stand',
        'web/layer.yaml: accept[1].rule: is required',
        'web/layer.yaml: accept[2].path: "etc/a" is neither a path on the machine nor one in files/ or scripts/',
      ],
    ],
    [
      'YAML that is none',
      { ...file, 'layer.yaml': 'description: a\nfiles: [\n' },
      [expect.stringMatching(/^web\/layer\.yaml: line 3, column 1: Flow sequence/) as unknown as string],
    ],
    [
      'scripts that are missing, twice, not listed',
      { 'scripts/10-a.sh': '', 'scripts/20-b.sh': '', 'layer.yaml': 'scripts: [10-a.sh, 10-a.sh, 20-c.sh, rebot]' },
      [
        'web/layer.yaml: scripts: does not list scripts/20-b.sh; list it or remove it',
        'web/layer.yaml: scripts[1]: "10-a.sh" is there twice',
        'web/layer.yaml: scripts[2]: "20-c.sh" is not in scripts/; there are 10-a.sh, 20-b.sh. Did you mean "20-b.sh"?',
        'web/layer.yaml: scripts[3]: "rebot" is not in scripts/; there are 10-a.sh, 20-b.sh. Did you mean "reboot"?',
      ],
    ],
    [
      'tests that would not run as they look',
      { ...file, 'test/10.sh': { link: '../x.sh' }, 'test/20.hbs': '' },
      [
        'web: test/10.sh is a symbolic link; tests are regular files',
        'web: test/20.hbs would not be rendered; tests find variables as BAKE_VAR_<name>',
      ],
    ],
    [
      'scripts that are none',
      { ...file, 'scripts/lib/x.sh': '', 'scripts/10.sh': { link: '../../x.sh' }, 'scripts/reboot': '' },
      [
        'web: scripts/10.sh is a symbolic link; scripts are regular files',
        'web: scripts/lib/x.sh is in a folder; scripts/ has none',
        'web: scripts/reboot cannot be told from the step of that name; rename it',
      ],
    ],
  ])('%s', async (_, files, expected) => {
    expect((await readFiles(files)).problems).toEqual(expected);
  });

  test('a socket', async () => {
    await using project = await projectWith({ 'web/files/etc/a': 'a' });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(project.root, 'web/files/etc/socket'), resolve));
    const { problems } = await read(project.root);
    await new Promise((resolve) => server.close(resolve));
    expect(problems).toEqual([
      'web: "files/etc/socket" is neither a file, a folder nor a symbolic link, so it cannot be copied',
    ]);
  });
});

test('layers are folders, also shared ones behind a link', async () => {
  await using project = await projectWith({
    'layers/b/x': '',
    'layers/a/x': '',
    'layers/README.md': '',
    'layers/c': { link: 'a' },
    'layers/gone': { link: 'nowhere' },
  });
  expect(await listLayers(join(project.root, 'layers'))).toEqual(['a', 'b', 'c']);
  expect(await listLayers(join(project.root, 'nothing'))).toBeUndefined();
});

test('nothing is passed over because of its name: bytes that are not UTF-8 are refused, in folders and links too', async () => {
  await using project = await projectWith({ 'web/files/etc/a': '' });
  const latin = (path: string) => Buffer.from(`${project.root}/web/files/${path}`, 'latin1');
  await mkdir(latin('caf\xe9'));
  await writeFile(latin('caf\xe9/inside'), '');
  await writeFile(latin('na\xefve'), '');
  await symlink(latin('\xe9'), latin('link'));
  expect((await read(project.root)).problems).toEqual([
    'web: "files/caf\uFFFD" has a name that is not UTF-8',
    'web: "files/link" leads to a name that is not UTF-8',
    'web: "files/na\uFFFDve" has a name that is not UTF-8',
  ]);
});

test('a declaration holds for every name that its pattern says', async () => {
  const names = ['a', '.a', ' ', '-rf', '..a', '\u2028', 'a\u2029b', '[x]', '{a,b}', 'a\\b', '🎉'];
  const { layer, problems } = await readFiles({
    'layer.yaml': 'files: [{ path: /opt/**, mode: "0600" }, { path: /opt/x/*, owner: daemon }]',
    ...Object.fromEntries(names.map((name) => [`files/opt/x/${name}`, ''])),
  });
  expect(problems).toEqual([]);
  expect(new Set(layer?.files.map(({ mode, owner }) => `${mode} ${owner}`))).toEqual(new Set(['0600 daemon']));
  expect(layer?.files).toHaveLength(names.length);
});
