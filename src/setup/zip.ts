import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { badArchive } from './errors.ts';

// The offsets are those of PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
const END = { signature: 0x06054b50, size: 22, entries: 10, directory: 16 };
const ENTRY = { signature: 0x02014b50, size: 46, method: 10, packed: 20, name: 28, extra: 30, comment: 32, offset: 42 };
const LOCAL = { signature: 0x04034b50, size: 30, name: 26, extra: 28 };
const STORED = 0;
const DEFLATED = 8;

/**
 * One file's content out of a zip archive: all that a release of HashiCorp's needs, for which a library would be a
 * dependency of every installation. No Zip64, no encryption. Throws `bad-archive`.
 */
export async function unzipEntry(archive: Buffer, name: string, label: string): Promise<Buffer> {
  try {
    const entry = findEntry(archive, name);
    if (entry === undefined) throw new RangeError(`has no ${name}`);
    const data = dataOf(archive, entry);
    const method = archive.readUInt16LE(entry + ENTRY.method);
    if (method === STORED) return data;
    if (method === DEFLATED) return await promisify(inflateRaw)(data);
    throw new RangeError(`uses compression ${method}`);
  } catch (error) {
    throw badArchive(label, error instanceof Error ? error.message : String(error));
  }
}

function findEntry(archive: Buffer, name: string): number | undefined {
  const end = findEnd(archive);
  let at = archive.readUInt32LE(end + END.directory);
  for (let left = archive.readUInt16LE(end + END.entries); left > 0; left--) {
    if (archive.readUInt32LE(at) !== ENTRY.signature) throw new RangeError('has a broken directory');
    const length = archive.readUInt16LE(at + ENTRY.name);
    if (archive.toString('utf8', at + ENTRY.size, at + ENTRY.size + length) === name) return at;
    at += ENTRY.size + length + archive.readUInt16LE(at + ENTRY.extra) + archive.readUInt16LE(at + ENTRY.comment);
  }
  return undefined;
}

/** The end record is the last thing in the file, but for a comment of unknown length. */
function findEnd(archive: Buffer): number {
  for (let at = archive.length - END.size; at >= 0; at--) {
    if (archive.readUInt32LE(at) === END.signature) return at;
  }
  throw new RangeError('is not a zip archive');
}

function dataOf(archive: Buffer, entry: number): Buffer {
  const local = archive.readUInt32LE(entry + ENTRY.offset);
  if (archive.readUInt32LE(local) !== LOCAL.signature) throw new RangeError('has a broken entry');
  const start =
    local + LOCAL.size + archive.readUInt16LE(local + LOCAL.name) + archive.readUInt16LE(local + LOCAL.extra);
  return archive.subarray(start, start + archive.readUInt32LE(entry + ENTRY.packed));
}
