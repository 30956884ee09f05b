import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, stringify } from 'yaml';
import type { Json } from '../model/image.ts';

export interface CloudConfigFlaw {
  readonly line: number;
  readonly message: string;
}

/** A cloud-config text as cloud-init reads it, with the line of each of its keys. */
export class CloudConfig {
  readonly value: { readonly [key: string]: Json };
  readonly flaws: readonly CloudConfigFlaw[];
  private readonly document: Document;
  private readonly lines = new LineCounter();

  constructor(text: string) {
    // PyYAML is YAML 1.1, where `off` and `no` are booleans.
    this.document = parseDocument(text, {
      version: '1.1',
      lineCounter: this.lines,
      prettyErrors: false,
      logLevel: 'error',
    });
    const flaws = this.document.errors.map(({ pos, message }) => ({
      line: this.lines.linePos(pos[0]).line,
      message: message.split('\n')[0] ?? message,
    }));
    const value: unknown = this.document.errors.length > 0 ? null : this.document.toJS();
    const isMapping = value !== null && typeof value === 'object' && !Array.isArray(value);
    if (!isMapping && value !== null) flaws.push({ line: 1, message: 'it is no mapping of keys to values' });
    this.value = isMapping ? (value as { readonly [key: string]: Json }) : {};
    this.flaws = flaws;
  }

  /** The value at a path of keys; undefined when there is none. */
  at(path: readonly string[]): Json | undefined {
    return valueAt(this.value, path);
  }

  /** Where the last key of the path, or place in a list, is, from 1; of its nearest parent when it is not there. */
  lineOf(path: readonly string[]): number {
    let node: unknown = this.document.contents;
    let line = 1;
    for (const key of path) {
      if (isSeq(node)) {
        node = node.items[Number(key)];
        const offset = isNode(node) ? node.range?.[0] : undefined;
        if (offset !== undefined) line = this.lines.linePos(offset).line;
        continue;
      }
      const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
      if (pair === undefined) return line;
      const offset = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
      if (offset !== undefined) line = this.lines.linePos(offset).line;
      node = pair.value;
    }
    return line;
  }

  /** Whether the value at the path is written over more than one line. */
  spansLines(path: readonly string[]): boolean {
    const node: unknown = this.document.getIn(path, true);
    const range = (node as { range?: readonly [number, number, number] } | undefined)?.range;
    if (range === undefined) return false;
    return this.lines.linePos(range[1] - 1).line > this.lineOf(path);
  }
}

/** A text that cloud-init reads back as the value: nothing in it is folded, and a word that is a boolean there is quoted. */
export const cloudConfigText = (value: Json): string =>
  `#cloud-config\n${stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })}`;

export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((at, key) => (isMapping(at) ? at[key] : undefined), value);
}

export function isMapping(value: Json | undefined): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/**
 * What cloud-init makes of `high` over `low`: mappings key by key, everything else whole, null included. But a list or a
 * text does not take the place of a mapping: its mergers for these two answer with the other side.
 */
export function mergeConfig(high: Json, low: Json): Json {
  if (!isMapping(low)) return high;
  if (!isMapping(high)) return Array.isArray(high) || typeof high === 'string' ? low : high;
  const merged: Record<string, Json> = { ...low };
  for (const [key, value] of Object.entries(high)) {
    const under = low[key];
    merged[key] = under === undefined ? value : mergeConfig(value, under);
  }
  return merged;
}

/** By name as Python's `sorted` does, from the last one down, as cloud-init does: a null masks nothing that is above it. */
export function mergeConfD(files: ReadonlyMap<string, Json>): Json {
  const names = [...files.keys()].sort(byCodePoint);
  return names.reduceRight<Json>((high, name) => mergeConfig(high, files.get(name) ?? {}), {});
}

/** JavaScript compares UTF-16 units and Python code points; names of layer files are close enough to ASCII. */
export const byCodePoint = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
