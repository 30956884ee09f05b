import type { Command } from 'commander';
import { configuredNames } from '../config/names.ts';
import { completionOf } from '../program/complete.ts';
import { type CommandIo, configOption } from './io.ts';

/** What shells are told in place of candidates where paths are wanted, after `=` or not; no word of ours starts with a colon. */
const FILES = ':files';
const FILES_ASSIGNED = ':files=';

/** `bake complete`: what may stand where the cursor is, one word a line, its description after a tab. Asks nobody. */
export async function complete(program: Command, words: readonly string[], io: CommandIo): Promise<number> {
  const { candidates, names, files, prefix, suffix } = completionOf(program, words);
  if (files) {
    io.stdout.write(`${prefix === '' ? FILES : FILES_ASSIGNED}\n`);
    return 0;
  }
  const given = words.lastIndexOf('--config', -2);
  const config = given === -1 ? undefined : words[given + 1];
  const known = names.length === 0 ? undefined : await configuredNames(configOption({ ...(config && { config }) }, io));
  const all = [
    ...candidates,
    ...names.flatMap((kind) => (known?.[kind] ?? []).map((word) => ({ word: word + suffix }))),
  ];
  const fits = all
    .map((one) => ({ ...one, word: prefix + one.word }))
    .filter(({ word }) => word.startsWith(words.at(-1) ?? ''));
  for (const { word, description } of fits as readonly { word: string; description?: string }[]) {
    io.stdout.write(description === undefined ? `${word}\n` : `${word}\t${description}\n`);
  }
  return 0;
}
