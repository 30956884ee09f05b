import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { PackagePin } from '../../src/model/image.ts';
import { type Changes, MachineRoot, type Ran } from '../helpers/machine-root.ts';
import { serve } from '../setup/local-server.ts';

const DEBIAN: Changes = {
  '/etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  '/etc/apt/apt.conf.d/10-own': 'APT::Install-Recommends "false";\n',
  '/var/lib/dpkg/status': '',
  '/var/lib/apt/lists/partial/.keep': '',
  '/var/cache/apt/archives/partial/.keep': '',
};
/** As in Debian's cloud images, with the sources of somebody else. */
const DEBIAN_SOURCES: Changes = {
  '/etc/apt/sources.list': '# See /etc/apt/sources.list.d/debian.sources\n',
  '/etc/apt/sources.list.d/debian.sources': `# cloud image
Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: bookworm bookworm-updates
Components: main

Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian-security.list
Suites: bookworm-security
Components: main
check-valid-until: yes
`,
  '/etc/apt/mirrors/debian.list': 'https://cdn-aws.deb.debian.org/debian\nhttps://deb.debian.org/debian\n',
  '/etc/apt/mirrors/debian-security.list': '# security\nhttps://deb.debian.org/debian-security\n',
  '/etc/apt/sources.list.d/docker.list':
    'deb [arch=amd64 signed-by=/k.asc] https://bob:secret@download.docker.com/linux/debian bookworm stable # docker\n',
};
const SNAPSHOT = { snapshot: '20250101T000000Z' };
const DEBIAN_PINNED = 'https://snapshot.debian.org/archive/debian/20250101T000000Z';
const SECURITY_PINNED = 'https://snapshot.debian.org/archive/debian-security/20250101T000000Z';

async function machine(pin: PackagePin, ...files: readonly Changes[]): Promise<MachineRoot> {
  const root = await MachineRoot.create(Object.assign({}, ...files));
  await pinTo(root, pin);
  return root;
}

const pinTo = (root: MachineRoot, pin: PackagePin) =>
  writeFile(join(root.work, 'pin.json'), JSON.stringify({ pin, position: 1 }));
const run = (root: MachineRoot, verb: 'apply' | 'check') => root.run('package_pin.py', '--work', root.work, verb);
const apply = async (root: MachineRoot) => expect(await run(root, 'apply')).toMatchObject({ exitCode: 0, said: [] });
const told = ({ exitCode, said, stderr }: Ran, kind: string) => {
  expect(stderr).toBe('');
  expect(exitCode).toBe(said.some((finding) => finding.kind === 'unpinned') ? 1 : 0);
  return said.filter((finding) => finding.kind === kind).map(({ where, why, source }) => source ?? `${where}: ${why}`);
};
const unpinned = (ran: Ran) => told(ran, 'unpinned');

describe('Debian', () => {
  test('the sources of the cloud images name the snapshot, and those of others stay', async () => {
    await using root = await machine(SNAPSHOT, DEBIAN, DEBIAN_SOURCES);
    await apply(root);
    expect(await root.text('/etc/apt/sources.list.d/debian.sources')).toBe(`# cloud image
Types: deb deb-src
URIs: ${DEBIAN_PINNED}
Check-Valid-Until: no
Suites: bookworm bookworm-updates
Components: main

Types: deb deb-src
URIs: ${SECURITY_PINNED}
Check-Valid-Until: no
Suites: bookworm-security
Components: main
`);
    expect(await root.text('/etc/apt/sources.list.d/docker.list')).toBe(
      DEBIAN_SOURCES['/etc/apt/sources.list.d/docker.list'],
    );
    const checked = await run(root, 'check');
    expect(unpinned(checked)).toEqual([]);
    expect(told(checked, 'elsewhere')).toEqual(['https://download.docker.com/linux/debian']);
  });

  test('sources on one line, with and without options', async () => {
    await using root = await machine(SNAPSHOT, DEBIAN, {
      '/etc/apt/sources.list': `deb http://deb.debian.org/debian/ bookworm main contrib
  deb-src [ arch=amd64 check-valid-until=yes ] http://ftp.de.debian.org/debian bookworm main # sources
deb http://security.debian.org/ bookworm-security main
# deb http://deb.debian.org/debian bookworm-backports main
`,
    });
    await apply(root);
    expect(
      await root.text('/etc/apt/sources.list'),
    ).toBe(`deb [check-valid-until=no] ${DEBIAN_PINNED} bookworm main contrib
  deb-src [arch=amd64 check-valid-until=no] ${DEBIAN_PINNED} bookworm main # sources
deb [check-valid-until=no] ${SECURITY_PINNED} bookworm-security main
# deb http://deb.debian.org/debian bookworm-backports main
`);
    expect(unpinned(await run(root, 'check'))).toEqual([]);
  });

  test('pinned again, nothing changes; a child moves the pin, to another mirror too', async () => {
    await using root = await machine(SNAPSHOT, DEBIAN, DEBIAN_SOURCES);
    await apply(root);
    const before = await root.text('/etc/apt/sources.list.d/debian.sources');
    await apply(root);
    expect(await root.text('/etc/apt/sources.list.d/debian.sources')).toBe(before);

    await pinTo(root, { snapshot: '20250301T120000Z', mirror: 'http://127.0.0.1:9/snap' });
    expect(unpinned(await run(root, 'check'))).toHaveLength(2);
    await apply(root);
    expect(unpinned(await run(root, 'check'))).toEqual([]);
    expect(await root.text('/etc/apt/sources.list.d/debian.sources')).toContain(
      'URIs: http://127.0.0.1:9/snap/debian-security/20250301T120000Z\n',
    );
  });

  test.each<[string, Changes, string]>([
    [
      'the live archive in a file of its own',
      { '/etc/apt/sources.list.d/backports.list': 'deb http://deb.debian.org/debian bookworm-backports main\n' },
      'http://deb.debian.org/debian: this is not 20250101T000000Z of https://snapshot.debian.org/archive',
    ],
    [
      'mirrors again',
      { '/etc/apt/sources.list.d/debian.sources': DEBIAN_SOURCES['/etc/apt/sources.list.d/debian.sources'] ?? null },
      'mirror+file:/etc/apt/mirrors/debian.list: this is not 20250101T000000Z of https://snapshot.debian.org/archive',
    ],
    [
      'another file of sources by an option of apt',
      {
        '/etc/apt/apt.conf.d/90-sources': 'Dir::Etc::SourceList "own.list"; Dir::Etc::SourceParts "none";\n',
        '/etc/apt/own.list': 'deb http://ftp.us.debian.org/debian sid main\n',
      },
      'http://ftp.us.debian.org/debian: this is not 20250101T000000Z of https://snapshot.debian.org/archive',
    ],
    [
      'no sources',
      { '/etc/apt/sources.list.d/debian.sources': null },
      '/etc/apt: no source of the pinned archive is left',
    ],
    [
      "a snapshot by apt's own option",
      { '/etc/apt/apt.conf.d/50snapshot': 'APT::Snapshot "20240101T000000Z";\n' },
      'APT::Snapshot 20240101T000000Z: apt would take this for 20250101T000000Z',
    ],
    [
      'what apt cannot read',
      { '/etc/apt/sources.list.d/x.list': 'deb http://x y\n' },
      '/etc/apt: apt cannot read its sources: E: Malformed entry 1 in list file',
    ],
  ])('a layer that bakes %s fails the bake', async (_, change, finding) => {
    await using root = await machine(SNAPSHOT, DEBIAN, DEBIAN_SOURCES);
    await apply(root);
    await root.change(change);
    expect(unpinned(await run(root, 'check'))[0]).toContain(finding);
  });

  test('a source that is off does not count', async () => {
    await using root = await machine(SNAPSHOT, DEBIAN, DEBIAN_SOURCES);
    await apply(root);
    const off = 'Enabled: no\nTypes: deb\nURIs: http://deb.debian.org/debian\nSuites: sid\nComponents: main\n';
    await root.change({ '/etc/apt/sources.list.d/sid.sources': off });
    expect(unpinned(await run(root, 'check'))).toEqual([]);
  });

  test('a source AMI on mirrors of somebody else is refused, naming them without passwords', async () => {
    await using root = await machine(SNAPSHOT, DEBIAN, {
      '/etc/apt/sources.list': 'deb http://bob:secret@mirror.example/debian bookworm main\n',
    });
    const [finding, ...others] = unpinned(await run(root, 'apply'));
    expect(others).toEqual([]);
    expect(finding).toBe(
      '/etc/apt: no source here is of an archive of debian that there are snapshots of: http://mirror.example/debian',
    );
  });

  test('dated archives of others stay, and do not count as the pinned one', async () => {
    const others = `deb http://apt.postgresql.org/pub/repos/apt/20260101T000000Z bookworm-pgdg main
deb https://my.mirror/x/acme/20260101T000000Z stable main
deb https://my.mirror/debian/20260101T000000Z bookworm main
deb http://127.0.0.1:9/snap/acme/20260101T000000Z stable main
deb http://127.0.0.1:9/snap/other/debian/20260101T000000Z stable main
`;
    const sources = { '/etc/apt/sources.list.d/others.list': others };
    await using root = await machine({ ...SNAPSHOT, mirror: 'http://127.0.0.1:9/snap' }, DEBIAN, sources);
    expect(unpinned(await run(root, 'apply'))[0]).toContain('no source here is of an archive of debian');
    await root.change(DEBIAN_SOURCES);
    await apply(root);
    expect(await root.text('/etc/apt/sources.list.d/others.list')).toBe(others);
    const checked = await run(root, 'check');
    expect(unpinned(checked)).toEqual([]);
    expect(told(checked, 'elsewhere')).toHaveLength(6);
  });

  test("a child moves the pin from its parent's mirror", async () => {
    await using root = await machine({ ...SNAPSHOT, mirror: 'https://my.mirror/snap' }, DEBIAN, DEBIAN_SOURCES);
    await apply(root);
    const packages = { ...SNAPSHOT, mirror: 'https://my.mirror/snap' };
    await root.change({ '/usr/lib/bake/record.json': JSON.stringify({ packages }) });
    await pinTo(root, { snapshot: '20250301T000000Z' });
    expect(unpinned(await run(root, 'check'))).toHaveLength(2);
    await apply(root);
    expect(unpinned(await run(root, 'check'))).toEqual([]);
    expect(await root.text('/etc/apt/sources.list.d/debian.sources')).toContain(
      'URIs: https://snapshot.debian.org/archive/debian-security/20250301T000000Z\n',
    );
  });

  test('moments of the distribution itself are moved, by http and from its other host too', async () => {
    await using root = await machine(SNAPSHOT, DEBIAN, {
      '/etc/apt/sources.list': `deb http://snapshot.debian.org/archive/debian/20240101T000000Z/ bookworm main
deb http://snapshot-cloudflare.debian.org/archive/debian-security/20240101T000000Z bookworm-security main
`,
    });
    await apply(root);
    expect(await root.text('/etc/apt/sources.list')).toBe(
      `deb [check-valid-until=no] ${DEBIAN_PINNED} bookworm main\ndeb [check-valid-until=no] ${SECURITY_PINNED} bookworm-security main\n`,
    );
  });

  test('a moment that is yet to come', async () => {
    await using root = await machine({ snapshot: '99990101T000000Z' }, DEBIAN, DEBIAN_SOURCES);
    expect(unpinned(await run(root, 'apply'))).toEqual([
      '99990101T000000Z: this moment is yet to come: no archive has it',
    ]);
  });
});

/** An archive of one package whose version is the moment that is asked for, and whose Release has expired. */
function archiveOf(moment: string): Readonly<Record<string, string>> {
  const at = `/debian/${moment}/dists/bookworm`;
  const packages = `Package: acme\nVersion: 1.${moment}\nArchitecture: all\nFilename: acme.deb\nSize: 1\nMaintainer: x\n`;
  const digest = createHash('sha256').update(packages).digest('hex');
  const release = [
    'Origin: Debian',
    'Suite: stable',
    'Codename: bookworm',
    'Date: Wed, 01 Jan 2025 00:00:00 UTC',
    'Valid-Until: Wed, 08 Jan 2025 00:00:00 UTC',
    'Architectures: amd64',
    'Components: main',
    'SHA256:',
    ` ${digest} ${packages.length} main/binary-amd64/Packages`,
    '',
  ];
  return { [`${at}/Release`]: release.join('\n'), [`${at}/main/binary-amd64/Packages`]: packages };
}

test('apt itself takes the packages of the moment from the mirror, though its Release has expired', async () => {
  const files = { ...archiveOf('20250101T000000Z'), ...archiveOf('20250301T120000Z') };
  await using server = await serve(files);
  await using root = await machine({ ...SNAPSHOT, mirror: server.url }, DEBIAN, {
    '/etc/apt/apt.conf.d/90-test':
      'APT::Architecture "amd64"; APT::Architectures "amd64"; APT::Sandbox::User "root";\n',
    '/etc/apt/sources.list': 'deb [trusted=yes] http://deb.debian.org/debian bookworm main\n',
  });
  const config = join(root.work, 'apt.conf');
  await writeFile(config, `Dir "${root.path}"; Dir::State::status "${root.path}/var/lib/dpkg/status";\n`);
  const available = async () => {
    const env = { APT_CONFIG: config, LC_ALL: 'C', no_proxy: '127.0.0.1' };
    await execa('apt-get', ['update'], { env });
    return (await execa('apt-cache', ['policy', 'acme'], { env })).stdout.match(/Candidate: (.*)/)?.[1];
  };
  await apply(root);
  expect(await available()).toBe('1.20250101T000000Z');
  await pinTo(root, { snapshot: '20250301T120000Z', mirror: server.url });
  await apply(root);
  expect(await available()).toBe('1.20250301T120000Z');
});

describe('Ubuntu', () => {
  const UBUNTU: Changes = { ...DEBIAN, '/etc/os-release': 'ID=ubuntu\nVERSION_ID="24.04"\n' };
  const PINNED = 'https://snapshot.ubuntu.com/ubuntu/20250101T000000Z';

  test('archive, security and ports are one snapshot; Ubuntu Pro stays', async () => {
    await using root = await machine(SNAPSHOT, UBUNTU, {
      '/etc/apt/sources.list.d/ubuntu.sources': `Types: deb
URIs: http://eu-central-1.ec2.archive.ubuntu.com/ubuntu/
 http://ports.ubuntu.com/ubuntu-ports
Suites: noble noble-updates
Components: main universe

Types: deb
URIs: http://security.ubuntu.com/ubuntu/
Suites: noble-security
Components: main universe
`,
      '/etc/apt/sources.list.d/esm.sources':
        'Types: deb\nURIs: https://esm.ubuntu.com/apps/ubuntu\nSuites: noble-apps-security\nComponents: main\n',
    });
    await apply(root);
    const sources = await root.text('/etc/apt/sources.list.d/ubuntu.sources');
    expect(sources?.match(/^URIs:.*(?:\n .*)*/gm)).toEqual([`URIs: ${PINNED}`, `URIs: ${PINNED}`]);
    const checked = await run(root, 'check');
    expect(unpinned(checked)).toEqual([]);
    expect(told(checked, 'elsewhere')).toEqual(['https://esm.ubuntu.com/apps/ubuntu']);
  });

  test('a snapshot is moved, and dated archives of others stay', async () => {
    const others = 'deb http://apt.postgresql.org/pub/repos/apt/20260101T000000Z noble-pgdg main\n';
    await using root = await machine(SNAPSHOT, UBUNTU, {
      '/etc/apt/sources.list': 'deb https://snapshot.ubuntu.com/ubuntu/20240101T000000Z noble main\n',
      '/etc/apt/sources.list.d/pgdg.list': others,
    });
    await apply(root);
    expect(await root.text('/etc/apt/sources.list')).toBe(`deb [check-valid-until=no] ${PINNED} noble main\n`);
    expect(await root.text('/etc/apt/sources.list.d/pgdg.list')).toBe(others);
  });
});

describe('Amazon Linux 2023', () => {
  const AL2023: Changes = {
    '/etc/os-release': 'ID="amzn"\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023"\n',
    '/etc/dnf/dnf.conf': '[main]\ngpgcheck=1\n',
    '/etc/yum.repos.d/amazonlinux.repo': `[amazonlinux]
name=Amazon Linux 2023 repository
mirrorlist=https://cdn.amazonlinux.com/al2023/core/mirrors/$releasever/$basearch/mirror.list
enabled=1

[amazonlinux-source]
mirrorlist=https://cdn.amazonlinux.com/al2023/core/mirrors/latest/SRPMS/mirror.list
enabled=0
`,
    '/etc/yum.repos.d/kernel-livepatch.repo': `[kernel-livepatch]
mirrorlist=https://cdn.amazonlinux.com/al2023/kernel-livepatch/mirrors/al2023/$basearch/mirror.list
`,
  };
  const RELEASE = { release: '2023.6.20250101' };

  test('the release is what dnf takes for $releasever', async () => {
    await using root = await machine(RELEASE, AL2023, {
      '/etc/yum.repos.d/nginx.repo': '[nginx]\nbaseurl=https://nginx.org/packages/amzn/2023/$basearch/\n',
    });
    expect(unpinned(await run(root, 'check'))).toEqual([
      '/etc/dnf/vars/releasever: it says nothing, and 2023.6.20250101 is pinned',
    ]);
    await apply(root);
    expect(await root.text('/etc/dnf/vars/releasever')).toBe('2023.6.20250101\n');
    const checked = await run(root, 'check');
    expect(unpinned(checked)).toEqual([]);
    expect(told(checked, 'elsewhere')).toEqual(['/etc/yum.repos.d/nginx.repo [nginx]']);
  });

  test.each<[string, Changes, string]>([
    [
      'another release',
      { '/etc/dnf/vars/releasever': 'latest\n' },
      '/etc/dnf/vars/releasever: it says latest, and 2023.6.20250101 is pinned',
    ],
    [
      'variables elsewhere',
      { '/etc/dnf/dnf.conf': '[main]\nvarsdir=/etc/dnf/vars, /srv/vars\n', '/srv/vars/releasever': '2023.1.20230301' },
      '/srv/vars/releasever: it says 2023.1.20230301, and 2023.6.20250101 is pinned',
    ],
    [
      'a repository of one release',
      {
        '/etc/yum.repos.d/late.repo':
          '[late]\nmirrorlist=https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list\n',
      },
      '/etc/yum.repos.d/late.repo [late]: its address has no $releasever, so the pin does not reach it',
    ],
    [
      'no repository of Amazon Linux',
      { '/etc/yum.repos.d/amazonlinux.repo': null },
      '/etc/yum.repos.d: no repository of Amazon Linux here has $releasever in its address',
    ],
  ])('a layer that bakes %s fails the bake', async (_, change, finding) => {
    await using root = await machine(RELEASE, AL2023);
    await apply(root);
    await root.change(change);
    expect(unpinned(await run(root, 'check'))).toEqual([finding]);
  });

  test('is not pinned to a snapshot, nor Debian to a release', async () => {
    await using amazon = await machine(SNAPSHOT, AL2023);
    expect(unpinned(await run(amazon, 'apply'))).toEqual([
      '/etc/os-release: Amazon Linux 2023 cannot be pinned to a snapshot',
    ]);
    await using debian = await machine(RELEASE, DEBIAN, DEBIAN_SOURCES);
    expect(unpinned(await run(debian, 'apply'))).toEqual([
      '/etc/os-release: Debian GNU/Linux 12 (bookworm) cannot be pinned to a release',
    ]);
  });
});

describe('Amazon Linux 1 and 2', () => {
  const AL1: Changes = {
    '/etc/os-release': 'ID="amzn"\nVERSION_ID="2018.03"\n',
    '/etc/yum.conf': '[main]\ngpgcheck=1\nreleasever=latest\n#  comment\n',
    '/etc/yum.repos.d/amzn-main.repo':
      '[amzn-main]\nmirrorlist=http://repo.$awsregion.$awsdomain/$releasever/main/mirror.list\n',
  };
  const DROP_IN = '/etc/cloud/cloud.cfg.d/99-bake-package-pin.cfg';

  test('yum on the builder, and cloud-init on clones, take the release', async () => {
    await using root = await machine({ release: '2017.09' }, AL1);
    await apply(root);
    await apply(root);
    expect(await root.text('/etc/yum.conf')).toBe('[main]\nreleasever=2017.09\ngpgcheck=1\n#  comment\n');
    expect(await root.text(DROP_IN)).toContain("\nrepo_releasever: '2017.09'\n");
    expect(unpinned(await run(root, 'check'))).toEqual([]);
  });

  test.each<[string, Changes, string]>([
    ['yum.conf', { '/etc/yum.conf': '[main]\nreleasever=latest\n' }, '/etc/yum.conf: releasever is latest'],
    ['a variable', { '/etc/yum/vars/releasever': 'latest\n' }, '/etc/yum/vars/releasever: it says latest'],
    ['the drop-in', { [DROP_IN]: null }, `${DROP_IN}: it does not say repo_releasever: '2017.09' any more`],
  ])('a layer that changes %s fails the bake', async (_, change, finding) => {
    await using root = await machine({ release: '2017.09' }, AL1);
    await apply(root);
    await root.change(change);
    const found = unpinned(await run(root, 'check'));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(finding);
  });
});
