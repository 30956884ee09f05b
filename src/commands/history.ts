import type { ChannelMove } from '../model/promotion.ts';
import { chooseColor } from '../report/mode.ts';
import { createPalette } from '../report/palette.ts';
import { table } from '../report/table.ts';
import { chooseChannels } from './choose-channels.ts';
import { type CommandIo, type CommonOptions, columnsOf, print, printJson } from './io.ts';
import { openCloud } from './open-cloud.ts';
import { openChannelStates } from './open-state.ts';
import { orAborted } from './or-aborted.ts';
import { selectImages } from './selection.ts';

export interface HistoryOptions extends CommonOptions {
  readonly channel?: string;
}

/** `bake history <image> [--channel <channel>]`: who moved what when, newest first; the first is what the channel holds. */
export async function history(name: string, options: HistoryOptions, io: CommandIo): Promise<number> {
  const { config, connected, images } = await openCloud(options, io);
  const [image] = selectImages(config, [name]);
  if (image === undefined) throw new Error(`${name} was not selected`);
  const states = await orAborted(io.signal, openChannelStates(config, connected, images));
  const channels = await orAborted(
    io.signal,
    Promise.all(
      [...chooseChannels(config, options.channel)].map(async (channel) => {
        const moves = (await states.read(channel, image.name))?.state.moves ?? [];
        return { channel, moves: moves.map(({ before: _, ...move }) => move) };
      }),
    ),
  );
  if (options.json) {
    printJson(io, { version: 1, project: config.project, image: image.name, channels });
    return 0;
  }
  const paint = createPalette(chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env }));
  const texts = channels.map(({ channel, moves }) => {
    if (moves.length === 0) return `${paint.bold(channel)}  holds no version of ${image.name}`;
    return [paint.bold(channel), table([HEAD, ...moves.map(row)], { columns: columnsOf(io) })].join('\n');
  });
  print(io, texts.join('\n\n'));
  return 0;
}

const HEAD = ['WHEN', 'VERSION', 'HOW', 'BY', 'APPROVED'];

const row = ({ at, imageVersion, action, finished, by, approvedBy = '' }: Omit<ChannelMove, 'before'>) => [
  at.replace(/\.\d+Z$/, 'Z'),
  imageVersion,
  finished ? action : `${action}, not finished`,
  by,
  approvedBy,
];
