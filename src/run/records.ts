import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BakeRecord } from '../model/record.ts';
import type { RecordStore, Records } from './effects.ts';

/** Records of a store, found by fingerprint without reading any other. */
export function recordsIn(store: RecordStore): Records {
  return {
    save: (imageId, fingerprint, record) => store.write(`${fingerprint}/${imageId}`, record),
    async read(imageId, fingerprint) {
      return parseRecord(await store.read(`${fingerprint}/${imageId}`));
    },
    async bakedWith(fingerprint) {
      const [name] = [...(await store.names(fingerprint))].sort();
      if (name === undefined) return undefined;
      const record = parseRecord(await store.read(name));
      return record && { imageId: name.slice(fingerprint.length + 1), version: record.imageVersion };
    },
  };
}

/** A record that is missing, cut short or of another version only makes an explanation coarser: it is passed over. */
export function parseRecord(text: string | undefined): BakeRecord | undefined {
  try {
    const record = JSON.parse(text ?? '') as BakeRecord;
    return record.version === 1 && record.inputs !== undefined ? record : undefined;
  } catch {
    return undefined;
  }
}

const SUFFIX = '.json';

/** Records in a folder of this machine, `<fingerprint>/<image id>.json`. */
export function createFileRecords(dir: string): RecordStore {
  return {
    async names(fingerprint) {
      const folders = fingerprint === undefined ? await readdir(dir).catch(() => []) : [fingerprint];
      const found = folders.map(async (folder) => {
        const files = await readdir(join(dir, folder)).catch(() => []);
        const records = files.filter((file) => file.endsWith(SUFFIX));
        return records.map((file) => `${folder}/${file.slice(0, -SUFFIX.length)}`);
      });
      return (await Promise.all(found)).flat();
    },
    read: (name) => readFile(join(dir, `${name}${SUFFIX}`), 'utf8').catch(() => undefined),
    async write(name, record) {
      const file = join(dir, `${name}${SUFFIX}`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.tmp`, record);
      await rename(`${file}.tmp`, file);
    },
  };
}
