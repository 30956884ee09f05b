import type { Config, SandboxImage } from '../model/image.ts';
import { type DebianRelease, debianRelease } from './official-image.ts';

/** A source alias that a project's sandbox has an AMI for, and what that boots. */
export interface WantedSource {
  readonly alias: string;
  readonly image: SandboxImage | { readonly debian: DebianRelease };
}

/** Also what the sandbox has when nothing else is wanted of it: without an AMI it would be of no use. */
export const DEBIAN_12: WantedSource = { alias: 'debian:12', image: { debian: '12' } };

/**
 * What the images start from, as far as it is known here what to boot for it. Sources by name or id are left to what the
 * configuration's author knows of the sandbox, which is Debian 12.
 */
export function wantedSources({ images, sandboxImages }: Pick<Config, 'images' | 'sandboxImages'>) {
  const aliases = [...images.values()].flatMap(({ origin }) => {
    if (origin.kind === 'service') return [];
    return origin.source.by === 'alias' ? origin.source.alias : DEBIAN_12.alias;
  });
  const wanted = [...new Set(aliases)].flatMap((alias): readonly WantedSource[] => {
    const own = sandboxImages.get(alias);
    if (own !== undefined) return [{ alias, image: own }];
    const debian = debianRelease(alias);
    return debian === undefined ? [] : [{ alias, image: { debian } }];
  });
  return wanted.length === 0 ? [DEBIAN_12] : wanted;
}
