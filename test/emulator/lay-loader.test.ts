import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { ImageName } from '../../src/model/ids.ts';
import type { RegionConfig } from '../../src/model/region-config.ts';
import { LOADER_FILES, type LoaderSources, regionConfigEntries } from '../../src/render/region-config/loader-files.ts';
import { writeArchive } from '../../src/run/archive.ts';
import { loadTemplates } from '../../src/run/templates.ts';
import { packageFile } from '../../src/setup/paths.ts';
import { regionConfig } from '../helpers/builders.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';
import { inNamespace } from '../helpers/namespace.ts';

const RUN = packageFile('templates', 'provision', 'run.sh');
const templates = await loadTemplates(undefined);
const sources = Object.fromEntries(
  LOADER_FILES.map((name) => [name, templates[`region-config/${name}`]]),
) as LoaderSources;

/** The end of a bake on a machine of which only /etc and /var/lib are the test's: what else it would lay is left out. */
async function finish(folder: string, config: Partial<RegionConfig>): Promise<void> {
  const build = join(folder, 'lib/bake-build');
  for (const path of [build, join(folder, 'etc'), join(folder, 'bin')]) await mkdir(path, { recursive: true });
  const others = ['neutral.py', 'probe.py', 'record.py', 'hygiene.sh'];
  for (const name of others) await writeFile(join(build, name), '');
  await writeFile(join(folder, 'bin/systemctl'), '#!/bin/sh\n');
  await chmod(join(folder, 'bin/systemctl'), 0o755);
  const entries = regionConfigEntries('api' as ImageName, regionConfig(config), sources);
  const ours = entries.filter(({ path }) => path.startsWith('etc/'));
  await writeFile(join(build, 'region-config.tar'), await writeArchive(ours, {}));
  const script = 'mount --bind "$2/lib" /var/lib; mount --bind "$2/etc" /etc; PATH="$2/bin:$PATH" exec sh "$1" finish';
  const [command = '', ...words] = [...inNamespace('--mount'), 'sh', '-euc', script, 'sh', RUN, folder];
  await execa(command, words);
}

test("a child's own service is held back, and its parent's no more", async () => {
  await using folder = await temporaryFolder();
  const units = join(folder.path, 'etc/systemd/system');
  await finish(folder.path, { service: 'api.service' });
  await writeFile(join(units, 'api.service.d/10-own.conf'), '');
  expect(await readdir(join(units, 'timers.target.wants'))).toEqual(['bake-region-config-refresh.timer']);

  await finish(folder.path, { service: 'edge.service', refresh: 0 });
  expect(await readdir(join(units, 'edge.service.d'))).toEqual(['50-bake-region-config.conf']);
  expect(await readdir(join(units, 'api.service.d'))).toEqual(['10-own.conf']);
  expect(await readdir(join(units, 'timers.target.wants'))).toEqual([]);
});
