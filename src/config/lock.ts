import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { canonicalJson } from '../model/canonical-json.ts';
import { BakeError } from '../model/errors.ts';
import { type AmiId, type Architecture, parseAmiId } from '../model/ids.ts';
import type { Json } from '../model/image.ts';
import { EMPTY_LOCK, type SourceLock } from '../model/source-lock.ts';
import { isFault } from './faults.ts';
import { formatProblem, type Problem, reportTo } from './problems.ts';
import { hasForm } from './schema-problems.ts';

/** Beside the configuration, and committed with it. */
export const LOCK_FILE = 'bake.lock.json';

const ami = z.strictObject({
  imageId: z.custom<AmiId>((value) => typeof value === 'string' && parseAmiId(value) !== undefined, 'is not an AMI id'),
  name: z.string(),
  owner: z.string(),
  creationDate: z.string(),
  rootDeviceName: z.string(),
});

const pinsOfRegion = z.strictObject({ x86_64: ami.optional(), arm64: ami.optional() } satisfies Record<
  Architecture,
  z.ZodType
>);

const lockSchema = z.strictObject({
  version: z.literal(1),
  sourceAmis: z.record(z.string(), z.record(z.string(), pinsOfRegion)),
});

/** Reads a lock file, by absolute path; an empty lock when there is none. Throws `lock-unreadable`. */
export async function readLock(file: string): Promise<SourceLock> {
  return parseLock(await readLockText(file), file);
}

/** The file as it is written; undefined when there is none. */
export async function readLockText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isFault(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Throws `lock-unreadable`, naming the file. */
export function parseLock(text: string | undefined, file: string): SourceLock {
  if (text === undefined) return EMPTY_LOCK;
  const value = parseJson(text, file);
  const version = versionOf(value);
  if (version !== 1) {
    const newer = typeof version === 'number' && version > 1;
    throw unreadable(file, [`its version is ${version}; this bake reads version 1`], newer ? 'Update bake.' : RESTORE);
  }
  const problems: Problem[] = [];
  if (hasForm(lockSchema, value, reportTo(problems, file))) return value as SourceLock;
  throw unreadable(
    file,
    problems.map((problem) => formatProblem(problem, file, file)),
  );
}

/** Sorted, so that two branches which pin different things merge. */
export function formatLock(lock: SourceLock): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(lock as unknown as Json)), undefined, 2)}\n`;
}

/** Replaces the file at once: whoever reads it sees the old or the new one. Leaves it alone when nothing changes. */
export async function writeLock(file: string, lock: SourceLock): Promise<void> {
  const text = formatLock(lock);
  if ((await readLockText(file)) === text) return;
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(file, [error instanceof Error ? error.message : String(error)]);
  }
}

function versionOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
}

const RESTORE = 'Restore it from version control, or delete it and run bake update to pin the source AMIs anew.';

function unreadable(file: string, details: readonly string[], hint = RESTORE): BakeError {
  return new BakeError({ code: 'lock-unreadable', message: `cannot read ${file}`, details, hint, blame: 'user' });
}
