import { expect, it } from 'vitest';
import type { ImageName } from '../../../src/model/ids.ts';
import type { RegionConfig } from '../../../src/model/region-config.ts';
import {
  LOADER_FILES,
  type LoaderSources,
  regionConfigEntries,
} from '../../../src/render/region-config/loader-files.ts';
import { loadTemplates } from '../../../src/run/templates.ts';
import { regionConfig } from '../../helpers/builders.ts';

const templates = await loadTemplates(undefined);
const sources = Object.fromEntries(
  LOADER_FILES.map((name) => [name, templates[`region-config/${name}`]]),
) as LoaderSources;

function entriesOf(other: Partial<RegionConfig> = {}): ReadonlyMap<string, string> {
  const entries = regionConfigEntries('api' as ImageName, regionConfig(other), sources);
  return new Map(
    entries.map(({ path, mode, content }) => [
      path,
      content.kind === 'text' ? `${mode} ${content.text}` : content.kind === 'link' ? `-> ${content.target}` : '',
    ]),
  );
}

const CONTENT = { values: { log: { level: 'info' } }, service: 'api.service' };

it('lays the loader, its settings and its units, enabled', () => {
  const entries = entriesOf(CONTENT);
  expect([...entries.keys()]).toEqual([
    'usr/lib/bake/region-config',
    'usr/bin/bake-region-config',
    'usr/lib/bake/region-config.json',
    'usr/lib/systemd/system/bake-region-config.service',
    'etc/systemd/system/multi-user.target.wants/bake-region-config.service',
    'usr/lib/systemd/system/bake-region-config-refresh.service',
    'usr/lib/systemd/system/bake-region-config-refresh.timer',
    'etc/systemd/system/timers.target.wants/bake-region-config-refresh.timer',
    'etc/systemd/system/api.service.d/50-bake-region-config.conf',
  ]);
  expect(entries.get('usr/lib/bake/region-config')).toMatch(/^0755 #!\/bin\/sh\n/);
  expect(entries.get('usr/bin/bake-region-config')).toBe('-> ../lib/bake/region-config');
  expect(entries.get('usr/lib/systemd/system/bake-region-config-refresh.timer')).toContain('OnUnitInactiveSec=300s');
});

it('tells the loader where to look, and no value', () => {
  const [mode, text = ''] = entriesOf(CONTENT).get('usr/lib/bake/region-config.json')?.split(/ (.*)/s) ?? [];
  expect(mode).toBe('0644');
  expect(JSON.parse(text)).toEqual({
    version: 1,
    image: 'api',
    bucket: 'acme-{region}',
    prefix: 'api',
    required: [],
    policy: 'fail-closed',
    service: 'api.service',
    onChange: 'none',
    group: 'root',
    deadline: 120,
  });
});

it('has no settings where there is nothing to load, and no timer where it is not wanted', () => {
  const paths = [...entriesOf({ refresh: 0 }).keys()].join('\n');
  expect(paths).toContain('bake-region-config.service');
  expect(paths).not.toMatch(/json|timer|50-bake/);
});
