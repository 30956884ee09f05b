import { canonicalJson } from '../../model/canonical-json.ts';
import type { Json } from '../../model/image.ts';
import { CloudConfig, isMapping } from '../cloud-config.ts';

/** A cloud-config part, and where it comes from. */
export interface ConfigPart {
  readonly origin: string;
  readonly text: string;
}

/**
 * Where parts contradict one another. They are merged by cloud-init with lists joined and mappings key by key, and of two other
 * values the first one stays, so that the second would be lost without a word.
 */
export function clashes(parts: readonly ConfigPart[]): readonly string[] {
  const read = parts.map(({ origin, text }) => ({ origin, config: new CloudConfig(text) }));
  return read.flatMap((later, index) =>
    read
      .slice(0, index)
      .flatMap((earlier) =>
        differing(earlier.config.value, later.config.value).map(
          (path) =>
            `${later.origin}:${later.config.lineOf(path)} ${path.join('.')} is ${shown(later, path)}, and in ` +
            `${earlier.origin}:${earlier.config.lineOf(path)} it is ${shown(earlier, path)}`,
        ),
      ),
  );
}

function differing(a: Json, b: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  if (isMapping(a) && isMapping(b)) {
    return Object.entries(b).flatMap(([key, value]) => {
      const other = a[key];
      return other === undefined ? [] : differing(other, value, [...path, key]);
    });
  }
  if (Array.isArray(a) && Array.isArray(b)) return [];
  return canonicalJson(a) === canonicalJson(b) ? [] : [path];
}

const shown = ({ config }: { readonly config: CloudConfig }, path: readonly string[]): string =>
  JSON.stringify(config.at(path) ?? null);
