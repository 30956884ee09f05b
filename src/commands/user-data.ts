import { rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { BakeError, usage } from '../model/errors.ts';
import { type BuiltUserData, buildUserData } from './build-user-data.ts';
import { type CommandIo, type CommonOptions, configOption, print, printJson } from './io.ts';
import { selectImages } from './selection.ts';

export interface UserDataOptions extends CommonOptions {
  readonly channel?: string;
  readonly out?: string;
  readonly standalone?: boolean;
}

/** `bake user-data <image>`: what its instances are launched with, the same in every region. */
export async function userData(name: string, options: UserDataOptions, io: CommandIo): Promise<number> {
  const config = await loadConfig(configOption(options, io));
  const [image] = selectImages(config, [name]);
  if (image === undefined) throw new Error(`${name} was not selected`);
  const { channel, standalone = false } = options;
  const built = await buildUserData({ config, image, channel, standalone, signal: io.signal });
  if (built === undefined) throw nothingToSay(name);
  if (built.compressed && io.stdout.isTTY && options.out === undefined && !options.json) throw notForEyes(name);
  if (options.out !== undefined) await writeWhole(resolve(io.cwd, options.out), built.bytes);
  if (options.json) printJson(io, documentOf(name, channel, built));
  else if (options.out === undefined) io.stdout.write(built.bytes);
  else print(io, `${options.out}: ${built.bytes.length} bytes${built.compressed ? ', compressed' : ''}`);
  return 0;
}

function documentOf(image: string, channel: string | undefined, { bytes, compressed, parts }: BuiltUserData) {
  const listed = parts.map(({ origin, name, type, text }) => ({ origin, name, type, bytes: Buffer.byteLength(text) }));
  const userData = bytes.toString('base64');
  return { version: 1, image, channel: channel ?? null, bytes: bytes.length, compressed, parts: listed, userData };
}

/** All of it or nothing: a launch with half of it would look like one that works. */
async function writeWhole(file: string, bytes: Buffer): Promise<void> {
  const scratch = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(scratch, bytes);
    await rename(scratch, file);
  } catch (error) {
    await rm(scratch, { force: true });
    throw error;
  }
}

const notForEyes = (image: string) =>
  usage(
    `the user-data of ${image} is compressed, and nothing for a terminal`,
    'Write it to a file: --out user-data.bin.',
  );

const nothingToSay = (image: string) =>
  new BakeError({
    code: 'user-data-empty',
    message: `there is nothing to say to instances of ${image}: it has no region config, and its layers have no user-data/`,
    hint: 'Launch it without user-data.',
    blame: 'user',
  });
