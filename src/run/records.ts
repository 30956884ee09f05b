import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fingerprint } from '../model/ids.ts';
import type { Inputs } from '../plan/fingerprint.ts';
import type { Records } from './effects.ts';

/** Records in a folder of this machine, `<fingerprint>/<image id>.json`: found without reading any other. */
export function createFileRecords(dir: string): Records {
  const fileOf = (imageId: string, fingerprint: Fingerprint) => join(dir, fingerprint, `${imageId}.json`);
  return {
    async save(imageId, fingerprint, record) {
      const file = fileOf(imageId, fingerprint);
      await mkdir(join(dir, fingerprint), { recursive: true });
      await writeFile(`${file}.tmp`, record);
      await rename(`${file}.tmp`, file);
    },
    async inputsOf(imageId, fingerprint) {
      return (await readRecord(fileOf(imageId, fingerprint)))?.inputs;
    },
    async bakedWith(fingerprint) {
      const names = await readdir(join(dir, fingerprint)).catch(() => []);
      const name = names.filter((entry) => entry.endsWith('.json')).sort()[0];
      if (name === undefined) return undefined;
      const record = await readRecord(join(dir, fingerprint, name));
      return record && { imageId: name.slice(0, -'.json'.length), version: record.imageVersion };
    },
  };
}

/** A record that is missing, cut short or of another version only makes an explanation coarser: it is passed over. */
async function readRecord(file: string): Promise<{ inputs: Inputs; imageVersion: string } | undefined> {
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as {
      version: number;
      inputs: Inputs;
      imageVersion: string;
    };
    return record.version === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}
