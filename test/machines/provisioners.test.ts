import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { Launcher } from '../helpers/cli-machines.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { Project, ProjectSpec } from '../helpers/project.ts';

/** As it stands in a template of Packer's own. */
const LEGACY = `provisioner "file" {
  source      = "layers/legacy/packer/motd"
  destination = "/tmp/motd"
}

provisioner "shell" {
  environment_vars = ["GREETING=hello $\${name}"]
  execute_command  = "chmod +x {{ .Path }}; {{ .Vars }} sudo -n -E sh '{{ .Path }}'"
  script           = "./layers/legacy/packer/setup.sh"
}

provisioner "shell" {
  inline = [<<EOT
# { is not closed by what stands here: }}
printf '%s\\n' "aligned    = as it was" | sudo -n tee /srv/inline
EOT
  ]
}
`;

/** In the shape of public ones: a role with defaults, tasks, templates, handlers, and one that is fetched first. */
const ANSIBLE: Readonly<Record<string, string>> = {
  'site.yml': `---
- name: A web server
  hosts: web
  become: true
  pre_tasks:
    - name: Read a secret
      ansible.builtin.slurp:
        src: "{{ bake_secrets }}/token"
      register: token
      no_log: true
      tags: [always]
    - name: Use it
      ansible.builtin.copy:
        content: "{{ token.content | b64decode | length }}"
        dest: /srv/length
        mode: '0600'
      tags: [always]
  roles:
    - { role: motto, tags: [web] }
    - { role: site, tags: [web], vars: { site_owner: daemon } }
  tasks:
    - name: Left out
      ansible.builtin.fail:
      tags: [never, web]
      when: false
    - name: Skipped
      ansible.builtin.fail:
      tags: [slow]
`,
  'requirements.yml': '---\nroles:\n  - { name: motto, src: layers/web/ansible/vendor/motto.tar.gz }\n',
  'group_vars/web.yml': '---\nsite_place: /srv/site\n',
  'roles/site/defaults/main.yml': '---\nsite_owner: root\nsite_port: 80\n',
  'roles/site/handlers/main.yml': `---
- name: count
  ansible.builtin.shell: echo handled >>/srv/handled
`,
  'roles/site/tasks/main.yml': `---
- name: An account
  ansible.builtin.user: { name: web, system: true, create_home: false }
- name: A folder
  ansible.builtin.file: { path: "{{ site_place }}", state: directory, owner: web, mode: '0750' }
- name: The page
  ansible.builtin.template:
    src: page.j2
    dest: "{{ site_place }}/page"
    owner: "{{ site_owner }}"
    mode: '0640'
  notify: count
- name: The same again
  ansible.builtin.template: { src: page.j2, dest: "{{ site_place }}/page", owner: daemon, mode: '0640' }
  notify: count
- name: A file that cloud-init writes, too
  ansible.builtin.lineinfile: { path: /etc/fstab, line: "tmpfs /mnt tmpfs noauto 0 0" }
`,
  'roles/site/templates/page.j2':
    '{{ bake_project }}/{{ bake_image }} {{ bake_arch }} {{ site_port }} {{ ansible_user }}\n{{ greeting }}\n{{ limits.files }}\n',
};

const MOTTO: Readonly<Record<string, string>> = {
  'meta/main.yml':
    '---\ngalaxy_info: { author: acme, description: x, license: MIT, min_ansible_version: "2.9", platforms: [] }\ndependencies: []\n',
  'tasks/main.yml': '---\n- ansible.builtin.copy: { content: "fetched", dest: /srv/motto, mode: "0644" }\n',
};

const GREETING = `{{ not_a_name }} it's "said" \\ ☃ ${'$'}{x}`;
const TOKEN = 'a-token-that-nobody-has-seen';

const spec: ProjectSpec = {
  images: {
    web: {
      source: 'debian:12',
      layers: ['legacy', 'web'],
      variables: { greeting: GREETING, limits: { files: 4096 }, site_port: 1 },
      secrets: { token: { env: 'TOKEN' } },
    },
    broken: { source: 'debian:12', layers: ['broken'] },
  },
  layers: {
    legacy: {
      'layer.yaml': 'steps: [{ packer: provisioners.pkr.hcl }]\n',
      'packer/provisioners.pkr.hcl': LEGACY,
      'packer/motd': 'from a file\n',
      'packer/setup.sh': 'set -eu\ninstall -m 0644 /tmp/motd /srv/motd\nprintf "%s" "$GREETING" >/srv/greeting\n',
    },
    web: {
      'layer.yaml': `steps:
  - 10-before.sh
  - ansible:
      playbook: site.yml
      requirements: requirements.yml
      extraVars: { site_port: 8080 }
      tags: [web, always]
      skipTags: [slow]
      groups: [web]
  - 20-after.sh
  - reboot
  - ansible: again.yml
`,
      'files/etc/web.conf': 'x\n',
      'scripts/10-before.sh': '#!/bin/sh\nset -eu\n[ -s /srv/greeting ] && [ ! -e /srv/site ]\n',
      'scripts/20-after.sh':
        '#!/bin/sh\nset -eu\ncat /srv/site/page >/srv/seen\nwc -c <"$BAKE_SECRETS/token" >>/srv/seen\n',
      'ansible/again.yml':
        '---\n- hosts: all\n  become: true\n  tasks:\n    - ansible.builtin.shell: wc -c <{{ bake_secrets }}/token >/srv/again\n',
      ...Object.fromEntries(Object.entries(ANSIBLE).map(([name, text]) => [`ansible/${name}`, text])),
    },
    broken: {
      'layer.yaml': 'steps: [{ ansible: site.yml }]\n',
      'ansible/site.yml':
        '---\n- hosts: all\n  gather_facts: false\n  tasks:\n    - name: Want what is not there\n      ansible.builtin.raw: cat /nowhere\n',
    },
  },
};

let sandbox: CliSandbox;
let project: Project;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
  project = await sandbox.project(spec);
  project.patience = 1_800_000;
  await vendor(join(project.dir, 'layers/web/ansible/vendor/motto.tar.gz'));
  await chmod(join(project.dir, 'layers/legacy/packer/setup.sh'), 0o644);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

/** A role as an archive, as Galaxy has them. */
async function vendor(archive: string): Promise<void> {
  for (const [name, text] of Object.entries(MOTTO)) await project.write(`../motto/${name}`, text);
  await mkdir(dirname(archive), { recursive: true });
  await execa('tar', ['-czf', archive, '-C', project.root, 'motto']);
}

it('runs playbooks and provisioners of a template where they stand between scripts', async () => {
  const { code, stdout, stderr } = await project.bake(['base', 'web', '--sandbox', '--json'], { TOKEN });
  const { outcomes, error } = resultOf(stdout);
  if (error !== undefined) throw new Error(JSON.stringify(error, null, 1));
  expect({ code, stderr, outcomes }).toMatchObject({ code: 0, outcomes: { 'web/x86_64': { status: 'done' } } });

  const launcher = await Launcher.create(sandbox.ec2());
  try {
    await using machine = await launcher.launch(outcomes['web/x86_64']?.imageId ?? '');
    const [motd, greeting, inline, page, stat, handled, motto, lengths, seen, fstab, left, record] =
      await machine.runAll(
        'cat /srv/motd',
        'cat /srv/greeting',
        'cat /srv/inline',
        'sudo cat /srv/site/page',
        "sudo stat -c '%a %U %n' /srv/site /srv/site/page",
        'cat /srv/handled',
        'cat /srv/motto',
        'sudo cat /srv/length /srv/again',
        'cat /srv/seen',
        'grep /mnt /etc/fstab',
        'sudo find / -xdev -name "*ansible*" -not -path "/usr/*"',
        'cat /usr/lib/bake/record.json',
      );
    expect([motd, greeting, inline]).toEqual(['from a file', 'hello $' + '{name}', 'aligned    = as it was']);
    const wanted = `acme/web x86_64 8080 admin\n${GREETING}\n4096`;
    expect(page).toBe(wanted);
    expect(stat).toBe('750 web /srv/site\n640 daemon /srv/site/page');
    expect([handled, motto, lengths]).toEqual(['handled', 'fetched', `${TOKEN.length}${TOKEN.length}`]);
    expect(seen).toBe(`${wanted}\n${TOKEN.length}`);
    expect(fstab).toBe('tmpfs /mnt tmpfs noauto 0 0');
    expect(left).toBe('');
    const { steps, machine: facts, protected: kept } = JSON.parse(record ?? '{}');
    expect(steps.map(({ action, script }: { action: string; script?: string }) => script ?? action)).toEqual([
      'packer/provisioners.pkr.hcl',
      'files',
      'scripts/10-before.sh',
      'ansible/site.yml',
      'scripts/20-after.sh',
      'reboot',
      'ansible/again.yml',
    ]);
    expect(Object.keys(facts.stepSeconds)).toEqual(['1', '2', '3', '4', '5', '7']);
    expect(kept).toContainEqual(expect.objectContaining({ row: 'fstab', layer: 'web' }));
  } finally {
    await launcher[Symbol.asyncDispose]();
  }
  expect(stdout).not.toContain(TOKEN);
});

it('names the playbook that fails, with what it said last', async () => {
  const { code, stdout } = await project.bake(['base', 'broken', '--sandbox', '--json']);
  const { error } = resultOf(stdout).outcomes['broken/x86_64'] ?? {};
  expect({ code, error: error?.code, message: error?.message }).toEqual({
    code: 1,
    error: 'layer-failed',
    message: 'broken/x86_64: layers/broken/ansible/site.yml failed',
  });
  expect(error?.details?.join('\n')).toMatch(/Want what is not there[\s\S]*cat: \/nowhere/);
  // Of the test's own launcher.
  const left = (await sandbox.leftovers()).filter((thing) => thing !== 'key pair reader');
  expect(left).toEqual([]);
});
