import { nearest } from '../config/nearest.ts';
import { usage } from '../model/errors.ts';
import {
  ARCHITECTURES,
  type Architecture,
  type ImageName,
  parseVersion,
  VERSION_RULE,
  type Version,
} from '../model/ids.ts';
import type { Config, Image } from '../model/image.ts';

/** The images named, or all of a kind. Throws `usage` naming what there is. */
export function selectImages(
  config: Config,
  names: readonly string[],
  kind?: Image['origin']['kind'],
): readonly Image[] {
  const candidates = [...config.images.values()].filter((image) => kind === undefined || image.origin.kind === kind);
  if (names.length === 0) return candidates;
  return names.map((name) => {
    const image = config.images.get(name as ImageName);
    if (image === undefined) throw unknownImage(name, [...config.images.keys()]);
    if (kind === undefined || image.origin.kind === kind) return image;
    const right = image.origin.kind;
    throw usage(`${name} is a ${right} image, not a ${kind} image`, `bake ${right} ${name}`);
  });
}

function unknownImage(name: string, names: readonly string[]) {
  const near = nearest(name, names);
  const hint =
    near === undefined ? `Images are ${names.join(', ')}.` : `Did you mean ${near}? Images are ${names.join(', ')}.`;
  return usage(`there is no image ${JSON.stringify(name)} in the configuration`, hint);
}

/** `--arch x86_64,arm64`; every image named must be made for each. */
export function parseArchitectures(
  text: string | undefined,
  images: readonly Image[],
): readonly Architecture[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((word) => {
    const architecture = ARCHITECTURES.find((known) => known === word.trim());
    if (architecture === undefined)
      throw usage(`${JSON.stringify(word)} is not an architecture`, `Architectures are ${ARCHITECTURES.join(', ')}.`);
    const lacking = images.find((image) => !image.architectures.includes(architecture));
    if (lacking === undefined) return architecture;
    throw usage(
      `${lacking.name} is not made for ${architecture}`,
      `It is made for ${lacking.architectures.join(', ')}: images.${lacking.name}.architectures in the configuration.`,
    );
  });
}

export function parseParallel(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d{0,3}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usage(`${JSON.stringify(text)} is not a number of builders`, 'Give a whole number from 1: --parallel 4');
}

export function parseVersionOption(text: string | undefined): Version | undefined {
  if (text === undefined) return undefined;
  const version = parseVersion(text);
  if (version === undefined) throw usage(`${JSON.stringify(text)} is not a version`, `A version is ${VERSION_RULE}.`);
  return version;
}
