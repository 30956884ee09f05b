import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { CloudInit } from '../../helpers/cloud-init.ts';
import type { MachineRoot } from '../../helpers/machine-root.ts';
import { debianRoot, guard } from './debian-root.ts';

let cloudInit: CloudInit;
beforeAll(async () => {
  cloudInit = await CloudInit.unpacked();
});

const DROP_INS = '/etc/cloud/cloud.cfg.d';
const written = async (root: MachineRoot) => (await root.names(DROP_INS)).filter((name) => name.startsWith('99-bake'));

async function pinned(root: MachineRoot, snapshot: string, position = 1): Promise<void> {
  await writeFile(join(root.work, 'pin.json'), JSON.stringify({ pin: { snapshot }, position }));
  await guard(root, 'start');
  expect(await root.run('package_pin.py', '--work', root.work, 'apply')).toMatchObject({ exitCode: 0 });
}

test('what the pin writes is protected before the layers, whose numbers stay', async () => {
  await using root = await debianRoot(cloudInit);
  await root.change({ '/etc/apt/sources.list': 'deb http://deb.debian.org/debian bookworm main\n' });
  await pinned(root, '20250101T000000Z');
  expect((await guard(root, 'layer', '0')).said).toEqual([
    {
      kind: 'protected',
      row: 'apt-src',
      layer: 'package pin',
      paths: ['/etc/apt/sources.list'],
      override: { apt: { preserve_sources_list: true } },
      file: `${DROP_INS}/99-bake-005-package-pin.cfg`,
    },
  ]);
  await root.change({ '/etc/hostname': 'gate\n' });
  expect((await guard(root, 'layer', '1')).said.map(({ row, layer }) => [row, layer])).toEqual([['hostname', 'one']]);
  expect(await written(root)).toEqual(['99-bake-005-package-pin.cfg', '99-bake-010-one.cfg']);
  expect(await root.text(`${DROP_INS}/99-bake-005-package-pin.cfg`)).toContain(
    '# Written by bake for what the package pin',
  );
  expect((await cloudInit.read(root.path, '')).config).toMatchObject({ apt: { preserve_sources_list: true } });
});

test('artefacts are protected as a part of their own before the layers, also where there is a pin', async () => {
  await using root = await debianRoot(cloudInit);
  await writeFile(join(root.work, 'artifacts.json'), JSON.stringify({ position: 1 }));
  await guard(root, 'start');
  await root.change({ '/etc/hostname': 'gate\n' });
  const [alone] = (await guard(root, 'layer', '0')).said;
  const file = `${DROP_INS}/99-bake-005-artefact-set.cfg`;
  expect(alone).toMatchObject({ kind: 'protected', row: 'hostname', layer: 'artefact set', file });

  await using both = await debianRoot(cloudInit);
  await writeFile(join(both.work, 'artifacts.json'), JSON.stringify({ position: 1 }));
  await both.change({ '/etc/apt/sources.list': 'deb http://deb.debian.org/debian bookworm main\n' });
  await pinned(both, '20250101T000000Z');
  await guard(both, 'layer', '0');
  await both.change({ '/etc/hostname': 'gate\n' });
  await guard(both, 'layer', '0');
  expect(await written(both)).toEqual(['99-bake-005-package-pin-and-artefact-set.cfg']);
  expect((await cloudInit.read(both.path, '')).config).toMatchObject({
    apt: { preserve_sources_list: true },
    preserve_hostname: true,
  });
});

test('a child keeps the protection of a pin that it shares, also where its parent has no layer', async () => {
  await using root = await debianRoot(cloudInit);
  await root.change({ '/etc/apt/sources.list': 'deb http://deb.debian.org/debian bookworm main\n' });
  await pinned(root, '20250101T000000Z');
  await guard(root, 'layer', '0');
  await pinned(root, '20250101T000000Z');
  expect((await guard(root, 'layer', '0')).said).toEqual([]);
  expect(await written(root)).toEqual(['99-bake-005-package-pin.cfg']);
  await pinned(root, '20250301T000000Z');
  expect((await guard(root, 'layer', '0')).said).toMatchObject([{ row: 'apt-src', file: null }]);
  expect(await written(root)).toEqual(['99-bake-005-package-pin.cfg']);
});

test('a restart in the first layer does not undo what the pin has written unseen', async () => {
  await using root = await debianRoot(cloudInit);
  await root.change({ '/etc/apt/sources.list': 'deb http://deb.debian.org/debian bookworm main\n' });
  await pinned(root, '20250101T000000Z');
  await guard(root, 'layer', '0');
  await guard(root, 'layer', '1');
  expect((await guard(root, 'restarted')).said).toEqual([]);
});
