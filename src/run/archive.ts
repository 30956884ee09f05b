import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { BakeError } from '../model/errors.ts';
import type { Layer } from '../model/image.ts';
import { templateText } from '../render/handlebars.ts';
import { type ArchiveEntry, renderLayerFile } from '../render/payload.ts';

/**
 * No date of ours may enter the archive: the same layers give the same bytes. Nor the time 0: gzip takes it for an error,
 * and zip knows none before 1980, in the time of its zone.
 */
const EPOCH = new Date('1980-01-02T00:00:00Z');

/**
 * A tar archive, everything in it root's, read from the layers' files as they are now. Throws `layer-changed` when one
 * is not what it was at planning, since the fingerprint would then name something else than what is baked.
 */
export async function writeArchive(entries: readonly ArchiveEntry[], data: object): Promise<Buffer> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const entry of entries) {
    const header = { name: entry.path, mode: Number.parseInt(entry.mode, 8), mtime: EPOCH, uid: 0, gid: 0 };
    const { content } = entry;
    if (content.kind === 'link') archive.entry({ ...header, type: 'symlink', linkname: content.target });
    else archive.entry(header, await contentBytes(content, data));
  }
  archive.finalize();
  return bytes;
}

/** Throws `layer-changed`, too. */
export async function contentBytes(
  content: Exclude<ArchiveEntry['content'], { kind: 'link' }>,
  data: object,
): Promise<Buffer> {
  switch (content.kind) {
    case 'text':
      return Buffer.from(content.text);
    case 'archive':
      return writeArchive(content.entries, data);
    case 'layer-file': {
      const raw = await readLayerFile(content.layer, content.source, content.digest);
      if (!content.template) return raw;
      const { layer, source } = content;
      return Buffer.from(renderLayerFile(layer, source, templateText(`layers/${layer.name}/${source}`, raw), data));
    }
  }
}

async function readLayerFile(layer: Layer, source: string, digest: string): Promise<Buffer> {
  const raw = await readFile(join(layer.dir, source)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (raw !== undefined && createHash('sha256').update(raw).digest('hex') === digest) return raw;
  throw new BakeError({
    code: 'layer-changed',
    message: `layers/${layer.name}/${source} changed after the plan was made`,
    hint: 'Run the command again.',
    blame: 'user',
  });
}
