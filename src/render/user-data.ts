import { gzipSync } from 'node:zlib';
import { clashes } from '../contract/user-data/clashes.ts';
import { passwordLines } from '../contract/user-data/passwords.ts';
import { BakeError } from '../model/errors.ts';
import type { ImageName } from '../model/ids.ts';
import { USER_DATA_LIMIT, type UserDataPart } from '../model/user-data.ts';
import { secretLines } from './region-config/secrets.ts';
import { multipart } from './user-data/mime.ts';

export interface RenderedUserData {
  readonly bytes: Buffer;
  readonly compressed: boolean;
}

/**
 * User-data that EC2 takes and cloud-init understands: the same for every region, the same bytes for the same parts. Throws
 * `user-data-secret`, `user-data-clash`, `user-data-too-large`.
 */
export function renderUserData(image: ImageName, parts: readonly UserDataPart[]): RenderedUserData {
  const secrets = parts.flatMap((part) => secretsOf(part).map((line) => `${part.origin}:${line}`));
  const leaks = 'holds what looks like a secret, and whoever is on the machine can read it';
  refuse(image, 'user-data-secret', leaks, SECRET, secrets);
  // Of a template with conditions nobody here knows what will be said; one that is no YAML says nothing to compare.
  const configs = parts.filter(
    ({ type, text }) => type === 'text/cloud-config' || (type === 'text/jinja2' && !text.includes('{%')),
  );
  refuse(
    image,
    'user-data-clash',
    'says two things at once, and cloud-init would drop one of them',
    CLASH,
    clashes(configs),
  );
  const bytes = Buffer.from(multipart(parts));
  if (bytes.length <= USER_DATA_LIMIT) return { bytes, compressed: false };
  const compressed = gzip(bytes);
  if (compressed.length <= USER_DATA_LIMIT) return { bytes: compressed, compressed: true };
  throw tooLarge(image, parts, compressed.length);
}

/** Lines, from 1. */
function secretsOf({ text, type, isProgram = false }: UserDataPart): readonly number[] {
  if (isProgram) return [];
  const passwords = type === 'text/cloud-config' || type === 'text/jinja2' ? passwordLines(text) : [];
  return [...new Set([...passwords, ...secretLines(text)])].sort((a, b) => a - b);
}

const SECRET =
  'Keep it in Secrets Manager or an SSM parameter, have the role of the instance read it, and name it here only, as secretsmanager:<name> or ssm:</path>.';
const CLASH = 'Say it in one part alone.';

function refuse(image: ImageName, code: string, message: string, hint: string, details: readonly string[]): void {
  if (details.length === 0) return;
  throw new BakeError({ code, message: `the user-data of ${image} ${message}`, hint, details, blame: 'user' });
}

function tooLarge(image: ImageName, parts: readonly UserDataPart[], size: number): BakeError {
  const sizes = parts.map(({ origin, text }) => {
    const bytes = Buffer.byteLength(text);
    return `${origin}: ${bytes} bytes, ${gzip(Buffer.from(text)).length} compressed`;
  });
  return new BakeError({
    code: 'user-data-too-large',
    message: `the user-data of ${image} has ${size} bytes when compressed, and EC2 takes ${USER_DATA_LIMIT}`,
    hint: 'Bake what is large into a layer, or put it into region config.',
    details: sizes,
    blame: 'user',
  });
}

/** Without a date. The tenth byte names the operating system that compressed it: unknown, wherever that is. */
function gzip(data: Buffer): Buffer {
  const compressed = gzipSync(data, { level: 9 });
  compressed[9] = 255;
  return compressed;
}
