import { withGiven } from '../config/given.ts';
import { usage } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import { withDescendants } from '../model/graph.ts';
import type { Config, Image } from '../model/image.ts';
import { type BakingOptions, bakeChosen, type Chosen } from './bake.ts';
import { chooseImages } from './choose-images.ts';
import type { CommandIo } from './io.ts';
import { parseArchitectures } from './selection.ts';

export interface BakeAllOptions extends BakingOptions {
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  readonly changedSince?: string;
}

/** `bake all [pattern…]`: bakes what is out of date in the whole graph, or in the part chosen, parents first. */
export function bakeAll(patterns: readonly string[], options: BakeAllOptions, io: CommandIo): Promise<number> {
  return bakeChosen('bake all', options, io, (config, emit) => choose(config, patterns, options, io, emit));
}

async function choose(
  written: Config,
  patterns: readonly string[],
  { only = [], except = [], arch, changedSince: revision, ...given }: BakeAllOptions,
  io: CommandIo,
  emit: Emit,
): Promise<Chosen> {
  const chosen = chooseImages(written, { only: [...patterns, ...only], except });
  // Images that are not made for it are passed over: it is the whole graph that is asked for.
  const architectures = parseArchitectures(arch, []);
  const madeFor = ({ architectures: own }: Image) => architectures === undefined || own.some(isOneOf(architectures));
  const images = chosen.filter(madeFor);
  if (images.length === 0) throw usage(`no image is made for ${arch}`, 'bake config shows what each is made for.');
  const asked = images.map(({ name }) => name);
  // Before what has changed is chosen: what is given may be the change, and may be for an image that has none.
  const config = withGiven(written, asked, given, io.cwd);
  if (revision === undefined) return { config, images, architectures, parents: 'bake' };
  const { changedSince } = await import('./changed-since.ts');
  const changed = withDescendants(config.images, await changedSince(revision, config, emit));
  return { config, images: images.filter(({ name }) => changed.has(name)), architectures, parents: 'bake' };
}

const isOneOf =
  <T>(some: readonly T[]) =>
  (one: T): boolean =>
    some.includes(one);
