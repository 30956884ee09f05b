import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { ImageName } from '../../../src/model/ids.ts';
import {
  LOADER_FILES,
  type LoaderSources,
  regionConfigEntries,
} from '../../../src/render/region-config/loader-files.ts';
import { loadTemplates } from '../../../src/run/templates.ts';
import { packageFile } from '../../../src/setup/paths.ts';
import { regionConfig } from '../../helpers/builders.ts';
import { CloudInit } from '../../helpers/cloud-init.ts';
import { temporaryFolder } from '../../helpers/layers-on-disk.ts';

const ENABLED = ['cloud-init-local', 'cloud-init', 'cloud-config', 'cloud-final'];

/** What systemd says of a boot with the example's service, Debian's cloud-init, and the units as they are baked. */
async function verdict(change: (unit: string) => string = (unit) => unit): Promise<string> {
  await using folder = await temporaryFolder();
  const cloudInit = await CloudInit.unpacked();
  await cp(join(cloudInit.tree, 'lib/systemd/system'), folder.path, { recursive: true });
  await cp(packageFile('layers/api/files/etc/systemd/system'), folder.path, { recursive: true });
  const link = async (target: string, unit: string) => {
    await mkdir(join(folder.path, `${target}.wants`), { recursive: true });
    await symlink(`../${unit}`, join(folder.path, `${target}.wants`, unit));
  };
  for (const name of ENABLED) await link('cloud-init.target', `${name}.service`);
  await link('multi-user.target', 'cloud-init.target');
  await link('multi-user.target', 'api.service');
  const config = regionConfig({ values: { a: 1 }, service: 'api.service' });
  const templates = await loadTemplates(undefined);
  const sources = Object.fromEntries(LOADER_FILES.map((name) => [name, templates[`region-config/${name}`]]));
  for (const { path, content } of regionConfigEntries('api' as ImageName, config, sources as LoaderSources)) {
    const [, place] = /systemd\/system\/(.+)/.exec(path) ?? [];
    if (place === undefined) continue;
    await mkdir(dirname(join(folder.path, place)), { recursive: true });
    if (content.kind === 'link')
      await symlink(join('..', content.target.split('/').at(-1) ?? ''), join(folder.path, place));
    if (content.kind === 'text') await writeFile(join(folder.path, place), change(content.text));
  }
  const env = { SYSTEMD_UNIT_PATH: `${folder.path}:` };
  const { stderr } = await execa('systemd-analyze', ['verify', '--man=no', 'multi-user.target', 'timers.target'], {
    env,
    reject: false,
  });
  // Programs of the machine are not here, and units of this machine's own are not our concern.
  const lines = stderr.split('\n').filter((line) => /cycle|bake-region-config/.test(line));
  return lines.filter((line) => !line.includes('not executable')).join('\n');
}

it('boots in an order that systemd finds no fault with', async () => {
  expect(await verdict()).toBe('');
});

it('would not, if it waited for all of cloud-init', async () => {
  const waiting = (unit: string) =>
    unit.replace('After=network-online.target cloud-config', 'After=cloud-final.service cloud-config');
  expect(await verdict(waiting)).toContain('Found ordering cycle on');
});

it('has no option that systemd does not know', async () => {
  expect(await verdict((unit) => unit.replace('NoNewPrivileges=', 'NoNewPrivilege='))).toContain(
    "Unknown key 'NoNewPrivilege'",
  );
});

it('names the one folder that the loader writes to', async () => {
  const units = (await readdir(packageFile('templates/region-config'))).filter((name) => name.endsWith('.service'));
  expect(units).toHaveLength(2);
  expect(await readFile(packageFile('templates/region-config/loader.py'), 'utf8')).toContain(
    'STATE = "/var/lib/bake/region-config"',
  );
  const text = await readFile(packageFile('templates/region-config/bake-region-config.service'), 'utf8');
  expect(text).toContain('\nStateDirectory=bake\n');
  expect(text).toContain('\nProtectSystem=strict\n');
});
