import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf, resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import { Project, type ProjectSpec } from '../helpers/project.ts';

const IMAGES = { base: { source: 'debian:12', layers: ['os'] }, api: { parent: 'base', layers: ['app'] } };

const layers = {
  os: {
    'files/etc/hosts': '127.0.0.1 localhost\n',
    'files/etc/cloud/cloud.cfg.d/90-os.cfg': '#cloud-config\ntimezone: UTC\nssh_deletekeys: false\n',
    'files/etc/ssh/sshd_config.d/99-os.conf.hbs': 'X11Forwarding no\nPasswordAuthentication {{passwords}}\n',
    'scripts/10-os.sh': "#!/bin/sh\nset -eu\nsed -i 's/a/b/' /etc/cloud/cloud.cfg\n",
  },
  app: { 'files/etc/cloud/cloud.cfg.d/80-app.cfg': 'timezone: Europe/Berlin\n' },
};
const mistaken: ProjectSpec = { images: IMAGES, layers, settings: { variables: { passwords: 'no' } } };

interface Found {
  readonly rule: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly images: readonly string[];
}

const brief = ({ rule, severity, file, line, images }: Found) => `${rule} ${severity} ${file}:${line} ${images}`;

/** Only what a test puts on PATH, so without the shellcheck of this machine. */
const alone = (project: Project) => ({ PATH: project.bin });

describe('bake check', () => {
  test('finds each mistake at its line, and says what to change', async () => {
    await using project = await Project.create(mistaken);
    const { code, stdout } = await project.bake(['check', '--json'], alone(project));
    const answer = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(answer).toMatchObject({ version: 1, ok: false, strict: false, shellcheck: 'absent', accepted: [] });
    expect(answer.findings.map(brief)).toEqual([
      'shared-host-keys error layers/os/files/etc/cloud/cloud.cfg.d/90-os.cfg:3 base',
      'hosts protected layers/os/files/etc/hosts:1 base',
      'sshd-pw protected layers/os/files/etc/ssh/sshd_config.d/99-os.conf.hbs:2 base',
      'sshd-order error layers/os/files/etc/ssh/sshd_config.d/99-os.conf.hbs:2 base',
      'main-cfg error layers/os/scripts/10-os.sh:3 base',
      'cfg-order warning layers/app/files/etc/cloud/cloud.cfg.d/80-app.cfg:1 api',
    ]);
  });

  test('for people', async () => {
    await using project = await Project.create(mistaken);
    const { stdout } = await project.bake(['check'], alone(project));
    expect(stdout).toContain('layers/os/scripts/10-os.sh:3  error  main-cfg\n');
    expect(stdout).toContain('  → rename it so that it sorts before 50-: /etc/ssh/sshd_config.d/10-os.conf\n');
    expect(stdout).toContain('\n3 errors, 1 warning, 2 protected by the bake\n');
    expect(stdout).toContain('shellcheck is not on PATH');
  });

  test('warnings count with --strict alone', async () => {
    await using project = await Project.create(mistaken);
    expect((await project.bake(['check', 'api'], alone(project))).code).toBe(0);
    expect((await project.bake(['check', 'api', '--strict'], alone(project))).code).toBe(1);
  });

  test('an accepted finding does not count', async () => {
    await using project = await Project.create(mistaken);
    const reason = 'the parent’s is for machines without an office';
    await project.write(
      'layers/app/layer.yaml',
      `accept:\n  - { rule: cfg-order, path: /etc/cloud/**, reason: ${reason} }\n`,
    );
    const { code, stdout } = await project.bake(['check', 'api', '--strict', '--json'], alone(project));
    expect(code).toBe(0);
    expect(JSON.parse(stdout).accepted).toMatchObject([{ rule: 'cfg-order', reason }]);
    await project.write('layers/app/layer.yaml', `accept:\n  - { rule: hosts, reason: ${reason} }\n`);
    const idle = JSON.parse((await project.bake(['check', 'api', '--json'], alone(project))).stdout);
    expect(idle.findings.map(brief)).toContain('accept-unused warning layers/app/layer.yaml:2 api');
  });

  test('user-data that undoes what is baked', async () => {
    await using project = await Project.create(mistaken);
    await project.write('user-data.yaml', '#cloud-config\nmanage_etc_hosts: true\n');
    const { stdout } = await project.bake(['check', '--user-data', 'user-data.yaml', '--json'], alone(project));
    expect(JSON.parse(stdout).findings.map(brief)).toContain('user-data-undoes error layers/os/files/etc/hosts:1 base');
  });

  test('shellcheck’s errors and warnings are findings', async () => {
    await using project = await Project.create(mistaken);
    const comments = [{ line: 3, code: 2086, level: 'warning', message: 'Double quote' }];
    const answer = JSON.stringify({ comments });
    await project.program('shellcheck', `#!/bin/sh\nprintf '%s' '${answer}'\nexit 1\n`);
    const { stdout } = await project.bake(['check', 'base', '--json'], { PATH: `${project.bin}:/usr/bin:/bin` });
    const { shellcheck, findings } = JSON.parse(stdout);
    expect(shellcheck).toBe('ran');
    expect(findings.map(brief)).toContain('shellcheck warning layers/os/scripts/10-os.sh:3 base');
  });

  test('an image that is not there', async () => {
    await using project = await Project.create(mistaken);
    expect((await project.bake(['check', 'nope'], alone(project))).code).toBe(2);
  });
});

describe('before a bake', () => {
  let sandbox: CliSandbox;
  beforeAll(async () => {
    sandbox = await CliSandbox.up('--no-machines');
  });
  afterAll(() => sandbox.down());

  test('errors stop it before anything is launched', async () => {
    await using project = await sandbox.project(mistaken);
    const { code, stdout } = await project.bake(['base', '--sandbox', '--json']);
    const { error } = resultOf(stdout);
    expect(code).toBe(1);
    expect(error?.code).toBe('check-failed');
    expect(error?.details).toHaveLength(3);
    expect(error?.details?.[0]).toMatch(
      /^layers\/os\/files\/etc\/cloud\/cloud\.cfg\.d\/90-os\.cfg:3 shared-host-keys: /,
    );
    expect(eventsOf(stdout).map(({ type }) => type)).not.toContain('run-started');
    expect(await sandbox.leftovers()).toEqual([]);
  });

  test('plan tells what each bake will protect, and what would stop it', async () => {
    await using project = await sandbox.project(mistaken);
    const { stdout } = await project.bake(['plan', '--sandbox']);
    expect(stdout).toContain('protects /etc/hosts (os: files/etc/hosts:1): the bake writes manage_etc_hosts: false');
    expect(stdout).toContain(
      'warning: base will not be baked: the check of its layers finds 3 errors\n  → bake check base',
    );
    const { steps } = JSON.parse((await project.bake(['plan', '--sandbox', '--json'])).stdout);
    expect(steps[0].protects).toMatchObject([
      { rule: 'hosts', layer: 'os', override: { manage_etc_hosts: false } },
      { rule: 'sshd-pw', line: 2 },
    ]);
    expect(steps[1].protects).toBeUndefined();
  });
});
