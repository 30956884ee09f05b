import type { Layer } from '../model/image.ts';
import { CloudConfig, mergeConfD } from './cloud-config.ts';
import { readScript, type ScriptReading } from './script.ts';
import { lineIn, type Touch, touchOfFile } from './touch.ts';

/** A layer as it comes to be linted. */
export interface LayerText {
  readonly layer: Layer;
  /** Content of its files and scripts, templates rendered, by their place in the layer folder; text files only. */
  readonly texts: ReadonlyMap<string, string>;
  /** Of the image itself: its ancestors' layers count, and are not reported again. */
  readonly own: boolean;
}

/** A layer, and what it does to the machine. */
export interface LayerReading extends LayerText {
  readonly touches: readonly Touch[];
  readonly scripts: ReadonlyMap<string, ScriptReading>;
}

export function readLayerText(text: LayerText): LayerReading {
  const { layer, texts } = text;
  const scripts = new Map(
    layer.steps.flatMap((step) => {
      if (step.kind !== 'script') return [];
      return [[step.source, readScript(step.source, texts.get(step.source) ?? '')] as const];
    }),
  );
  const files = layer.files.map((file) => touchOfFile(file, texts.get(file.source)));
  return { ...text, scripts, touches: [...files, ...[...scripts.values()].flatMap(({ touches }) => touches)] };
}

/** A file of /etc/cloud/cloud.cfg.d whose content is known. */
export interface ConfDFile {
  readonly name: string;
  readonly config: CloudConfig;
  readonly touch: Touch;
  readonly reading: LayerReading;
  /** Where a key of it is in the layer's file. */
  readonly lineOf: (path: readonly string[]) => number;
}

const CONF_D = '/etc/cloud/cloud.cfg.d/';

/** The name of a path below cloud.cfg.d; undefined for other paths. */
export const confDName = (path: string): string | undefined =>
  path.startsWith(CONF_D) ? path.slice(CONF_D.length) : undefined;

/** Whether cloud-init reads a file of this name at all. */
export const isConfDName = (name: string): boolean => name.endsWith('.cfg') && !name.includes('/');

/** As they are on the machine in the end: a later file of a name takes the place of an earlier one. */
export function confDOf(readings: readonly LayerReading[]): readonly ConfDFile[] {
  const files = new Map<string, ConfDFile>();
  for (const reading of readings) {
    for (const touch of reading.touches) {
      const name = confDName(touch.path);
      if (name === undefined || !isConfDName(name)) continue;
      if (touch.verb === 'remove') files.delete(name);
      const { content } = touch;
      if (touch.verb !== 'write' || content === undefined) continue;
      const config = new CloudConfig(content.text);
      const lineOf = (path: readonly string[]) => lineIn(content, config.lineOf(path));
      files.set(name, { name, config, touch, reading, lineOf });
    }
  }
  return [...files.values()];
}

/** What these files say together, as cloud-init merges them. */
export const mergedConfD = (files: readonly ConfDFile[]) =>
  mergeConfD(new Map(files.map(({ name, config }) => [name, config.value])));
