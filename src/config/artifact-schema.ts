import * as z from 'zod';
import { parseS3Address } from '../model/artifact.ts';
import { fileOwner, text } from './schema-parts.ts';

/** Of Linux, in bytes. */
const NAME_MAX = 255;
/** With a NUL at its end. */
const PATH_MAX = 4096;

const destination = z
  .string()
  .refine(
    (path) => /^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{Cc}]+)+$/u.test(path),
    "is not the absolute path of a file on the machine, without '.', '..', '//' and control characters",
  )
  .refine(
    (path) =>
      Buffer.byteLength(path) < PATH_MAX && path.split('/').every((name) => Buffer.byteLength(name) <= NAME_MAX),
    `is longer than a path on the machine: ${NAME_MAX} bytes for each name, ${PATH_MAX - 1} in all`,
  );

/** A file that is made elsewhere: exactly one of `path`, `s3` and `url`; a URL needs its `sha256`. */
export const artifact = z.strictObject({
  /** A file on this machine; Git may ignore it. */
  path: z.string().min(1, 'is empty').optional(),
  /** Read with the credentials that bake. */
  s3: z
    .string()
    .refine((value) => parseS3Address(value) !== undefined, 'is not an object such as s3://bucket/key?versionId=…')
    .optional(),
  url: text(/^https:\/\/(?![^/]*@)[^\s\p{Cc}]+$/u, 'an https URL without a password in it').optional(),
  /** What its content has to be. */
  sha256: text(/^[0-9a-fA-F]{64}$/, 'a checksum of 64 hexadecimal digits').optional(),
  /** Where it is laid. */
  destination,
  owner: fileOwner.optional(),
  group: fileOwner.optional(),
  /** `'0644'` otherwise. */
  mode: z
    .string("is not a mode; write it in quotes, as in '0755'")
    .regex(/^[0-7]{4}$/, "is not a mode of four octal digits, such as '0755'")
    .optional(),
});

export type WrittenArtifact = z.input<typeof artifact>;
