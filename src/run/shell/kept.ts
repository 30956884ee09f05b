import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AmiId, Digest, LayerName, RunId } from '../../model/ids.ts';

/** A machine to try layers on, as this computer remembers it between two commands. */
export interface KeptMachine {
  readonly run: RunId;
  readonly instanceId: string;
  readonly address: string;
  readonly keyFile: string;
  /** What it was launched from. */
  readonly imageId: AmiId;
  /** Digest of the artefacts that were laid on it. */
  readonly artifacts?: Digest;
  /** Layers that have been run whole on it. */
  readonly ran: readonly LayerName[];
}

const FORM = 1;

/** Undefined where there is none, or none that this version of bake has written. */
export async function readKept(file: string): Promise<KeptMachine | undefined> {
  try {
    const { form, ...kept } = JSON.parse(await readFile(file, 'utf8')) as KeptMachine & { readonly form: number };
    return form === FORM ? kept : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writeKept(file: string, kept: KeptMachine): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, `${JSON.stringify({ form: FORM, ...kept }, null, 1)}\n`);
  await rename(`${file}.tmp`, file);
}

export const forgetKept = (file: string): Promise<void> => rm(file, { force: true });
