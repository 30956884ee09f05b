import { EXPORT_FORMATS, type ExportFormat } from '../model/channel.ts';
import { usage } from '../model/errors.ts';
import { exportText } from '../render/export.ts';
import { exportRequest } from './export-request.ts';
import { type CommandIo, type CommonOptions, print } from './io.ts';
import { openChannel } from './open-promotion.ts';
import { orAborted } from './or-aborted.ts';
import { setupOnStderr } from './setup-events.ts';

export interface ExportOptions extends CommonOptions {
  readonly channel?: string;
  readonly format?: string;
}

/** `bake export <image> --channel <channel> --format <format>`: which AMI each target launches, for other tools. */
export async function exportImage(name: string, options: ExportOptions, io: CommandIo): Promise<number> {
  const format = formatOf(options);
  const open = await openChannel({ image: name, channel: options.channel }, options, io, setupOnStderr(io));
  try {
    const request = await orAborted(io.signal, exportRequest(open));
    const images = request.images.filter(({ image }) => image === open.image.name);
    if (images.length === 0) {
      const hint = `bake promote ${name} --to ${open.channel.name} brings one there.`;
      throw usage(`channel ${open.channel.name} holds no version of ${name}`, hint);
    }
    print(io, exportText(format, { ...request, images }));
    return 0;
  } finally {
    open.sites.close();
  }
}

function formatOf({ format = 'json' }: ExportOptions): ExportFormat {
  const known = EXPORT_FORMATS.find((one) => one === format);
  if (known === undefined)
    throw usage(`--format ${JSON.stringify(format)} is none`, `Formats are ${EXPORT_FORMATS.join(', ')}.`);
  return known;
}
