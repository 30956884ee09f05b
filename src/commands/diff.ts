import { usage } from '../model/errors.ts';
import { diffImages } from '../plan/diff-images.ts';
import { lineageOf } from '../plan/image-state.ts';
import { diffText } from '../report/diff-text.ts';
import { chooseColor } from '../report/mode.ts';
import { finishedAmis, recordsOf } from './compared.ts';
import { type CommandIo, type CommonOptions, columnsOf, print, printJson } from './io.ts';
import { namesOf, requireName } from './list.ts';
import { openCloud } from './open-cloud.ts';
import { openRecords } from './open-records.ts';
import { orAborted } from './or-aborted.ts';
import { parseArchitectures } from './selection.ts';
import { setupOnStderr } from './setup-events.ts';

export interface DiffOptions extends CommonOptions {
  readonly arch?: string;
}

/** `bake diff <image> <version> <version>`: inputs, packages and guarded settings that differ. Changes nothing. */
export async function diff(
  name: string,
  versions: readonly [from: string, to: string],
  options: DiffOptions,
  io: CommandIo,
): Promise<number> {
  const architectures = parseArchitectures(options.arch, []);
  const { config, connected, images: cloud } = await openCloud(options, io);
  const { records } = openRecords(config, connected, setupOnStderr(io));
  const images = await orAborted(io.signal, cloud.list(config.project));
  requireName(name, namesOf(config, images));
  const [from, to] = versions.map((version) => finishedAmis(name, version, architectures, images));
  const pairs = (to ?? []).flatMap((after) => {
    const before = from?.find(({ architecture }) => architecture === after.architecture);
    return before === undefined ? [] : [{ before, after }];
  });
  if (pairs.length === 0) {
    throw usage(`${name} ${versions.join(' and ')} have no architecture in common`, `bake list ${name} shows them.`);
  }
  const compared = pairs.flatMap(({ before, after }) => [...lineageOf(before, images), ...lineageOf(after, images)]);
  const found = await orAborted(io.signal, recordsOf(compared, records));
  const diffs = pairs.map(({ before, after }) => diffImages(before, after, images, found));
  if (options.json) {
    printJson(io, { version: 1, project: config.project, region: config.region, images: diffs });
    return 0;
  }
  const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
  const shown = { columns: columnsOf(io), color, now: new Date() };
  print(io, diffs.map((one) => diffText(one, shown)).join('\n\n'));
  return 0;
}
