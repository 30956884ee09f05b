import type { ImageName } from '../../model/ids.ts';
import { loaderSettings } from '../../model/loader-settings.ts';
import type { RegionConfig } from '../../model/region-config.ts';
import { renderTemplate } from '../handlebars.ts';
import type { ArchiveEntry } from '../payload.ts';

/** What templates/region-config/ has: the loader, and the units that run it. */
export const LOADER_FILES = [
  'loader.py',
  'bake-region-config.service',
  'bake-region-config-refresh.service',
  'bake-region-config-refresh.timer',
  'requires.conf',
] as const;
export type LoaderSources = Readonly<Record<(typeof LOADER_FILES)[number], string>>;

const UNITS = 'usr/lib/systemd/system';
const ENABLED = 'etc/systemd/system';

/** Files of the image, by their paths: the loader, its settings, its units, enabled. Nothing of it starts on a builder. */
export function regionConfigEntries(
  image: ImageName,
  config: RegionConfig,
  sources: LoaderSources,
): readonly ArchiveEntry[] {
  const settings = loaderSettings(image, config);
  const timer = config.refresh > 0 ? timerEntries(config.refresh, sources) : [];
  return [
    file('usr/lib/bake/region-config', sources['loader.py'], '0755'),
    link('usr/bin/bake-region-config', '../lib/bake/region-config'),
    ...(settings === undefined
      ? []
      : [file('usr/lib/bake/region-config.json', `${JSON.stringify(settings, null, 1)}\n`)]),
    unit('bake-region-config.service', sources),
    enabled('multi-user', 'bake-region-config.service'),
    unit('bake-region-config-refresh.service', sources),
    ...timer,
    ...(config.service === undefined
      ? []
      : [file(`${ENABLED}/${config.service}.d/50-bake-region-config.conf`, sources['requires.conf'])]),
  ];
}

function timerEntries(refresh: number, sources: LoaderSources): readonly ArchiveEntry[] {
  const name = 'bake-region-config-refresh.timer';
  const data = { refresh, spread: Math.floor(refresh / 10) };
  return [
    file(`${UNITS}/${name}`, renderTemplate(`region-config/${name}`, sources[name], data)),
    enabled('timers', name),
  ];
}

const unit = (name: keyof LoaderSources, sources: LoaderSources) => file(`${UNITS}/${name}`, sources[name]);
/** As `systemctl enable` does. */
const enabled = (target: string, name: string) =>
  link(`${ENABLED}/${target}.target.wants/${name}`, `/${UNITS}/${name}`);

function file(path: string, text: string, mode = '0644'): ArchiveEntry {
  return { path, mode, content: { kind: 'text', text } };
}

function link(path: string, target: string): ArchiveEntry {
  return { path, mode: '0777', content: { kind: 'link', target } };
}
