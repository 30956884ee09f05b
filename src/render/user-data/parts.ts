import { cloudConfigText } from '../../contract/cloud-config.ts';
import { kindOf, type PartKind } from '../../contract/user-data/kind.ts';
import type { ChannelName } from '../../model/ids.ts';
import type { Image, Json, Layer } from '../../model/image.ts';
import type { RegionConfig } from '../../model/region-config.ts';
import type { UserDataPart } from '../../model/user-data.ts';
import { type LoaderSources, regionConfigEntries } from '../region-config/loader-files.ts';

const TYPES: Readonly<Record<PartKind, UserDataPart['type']>> = {
  'cloud-config': 'text/cloud-config',
  jinja: 'text/jinja2',
  script: 'text/x-shellscript',
  boothook: 'text/cloud-boothook',
};

/** What overrides the settings baked into the image, key by key. */
export function settingsPart(channel: ChannelName | undefined): UserDataPart {
  const settings = { version: 1, ...(channel === undefined ? {} : { channel }) };
  const file = writtenFile('/etc/bake/region-config.json', `${JSON.stringify(settings)}\n`, '0644');
  return configPart('the settings of region config', '000-region-config.yaml', { write_files: [file] });
}

/** The loader and its units, for an image that was not baked here: what a bake lays and enables, laid and started at first boot. */
export function loaderParts(image: Image, config: RegionConfig, sources: LoaderSources): readonly UserDataPart[] {
  const programs: Json[] = [];
  const files: Json[] = [];
  const commands: string[][] = [];
  const timers: string[] = [];
  for (const { path, mode, content } of regionConfigEntries(image.name, config, sources)) {
    const at = `/${path}`;
    if (content.kind === 'text') {
      const list = content.text === sources['loader.py'] ? programs : files;
      list.push(writtenFile(at, content.text, mode));
    }
    if (content.kind !== 'link') continue;
    commands.push(['mkdir', '-p', at.slice(0, at.lastIndexOf('/'))], ['ln', '-sfn', content.target, at]);
    if (at.endsWith('.timer')) timers.push(at.slice(at.lastIndexOf('/') + 1));
  }
  commands.push(['systemctl', 'daemon-reload'], ['systemctl', 'start', 'bake-region-config.service']);
  for (const timer of timers) commands.push(['systemctl', 'start', '--no-block', timer]);
  // It has started without its configuration, or not at all.
  if (config.service !== undefined) commands.push(['systemctl', 'restart', '--no-block', config.service]);
  return [
    { ...configPart('the loader of region config', '001-loader.yaml', { write_files: programs }), isProgram: true },
    configPart('the units of the loader', '002-units.yaml', { write_files: files, runcmd: commands }),
  ];
}

/** The parts of layers, in their order and that of their names. `texts` by layer, then by source. */
export function layerParts(
  layers: readonly Layer[],
  texts: ReadonlyMap<Layer, ReadonlyMap<string, string>>,
): readonly UserDataPart[] {
  const sources = layers.flatMap((layer) => layer.userData.map(({ source }) => ({ layer, source })));
  return sources.flatMap(({ layer, source }, index): readonly UserDataPart[] => {
    const text = texts.get(layer)?.get(source) ?? '';
    const kind = kindOf(source, text);
    if (kind === undefined) return [];
    const file = source.slice(source.lastIndexOf('/') + 1).replaceAll(/[^A-Za-z0-9._-]/g, '_');
    const name = `${String(index + 10).padStart(3, '0')}-${layer.name}-${file}`;
    return [{ origin: `layers/${layer.name}/${source}`, name, type: TYPES[kind], text }];
  });
}

const writtenFile = (path: string, content: string, permissions: string): Json => ({
  path,
  owner: 'root:root',
  permissions,
  content,
});

const configPart = (origin: string, name: string, config: Json): UserDataPart => ({
  origin,
  name,
  type: 'text/cloud-config',
  text: cloudConfigText(config),
});
