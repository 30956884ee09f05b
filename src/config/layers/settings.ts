import { readFile } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { isGlob } from '../../model/glob.ts';
import type { Acceptance, Json } from '../../model/image.ts';
import { isFault } from '../faults.ts';
import type { Report } from '../problems.ts';
import { fileOwner, text } from '../schema-parts.ts';
import { hasForm } from '../schema-problems.ts';
import { isMisread, reportUnwritable } from '../unwritable.ts';

const NO_GLOB = "is no pattern of paths, which has no '(?'";

const declaration = z.strictObject({
  /** Machine path, or a glob over machine paths. */
  path: z.string().regex(/^\//, 'is not an absolute path on the machine').refine(isGlob, NO_GLOB),
  mode: z
    .string("is not a mode; write it in quotes, as in '0440'")
    .regex(/^[0-7]{4}$/, "is not a mode of four octal digits, such as '0440'")
    .optional(),
  owner: fileOwner.optional(),
  group: fileOwner.optional(),
});

const acceptance = z.strictObject({
  /** Rule of a finding of `bake check`. */
  rule: z.string().regex(/^[a-z][a-z0-9-]*$/i, 'is not the name of a rule; `bake check` prints it'),
  /** Path on the machine or in the layer folder, or a glob. */
  path: z
    .string()
    .regex(/^(?:\/|files\/|scripts\/)/, 'is neither a path on the machine nor one in files/ or scripts/')
    .refine(isGlob, NO_GLOB)
    .optional(),
  reason: z.string().regex(/\S/, 'is empty; say why the finding may stand'),
});

const word = text(/^\w[\w.:-]*$/, 'a name of letters, digits and _ . : -');
const fileName = text(/^[\w@+-][\w@+.-]*(?:\/[\w@+-][\w@+.-]*)*$/, 'a path of letters, digits and _ - . + @');

const ansible = z.strictObject({
  /** Below `ansible/`, as `requirements`. */
  playbook: fileName,
  requirements: fileName.optional(),
  extraVars: z
    .record(
      text(/^[A-Za-z_]\w*$/, 'the name of a variable'),
      z.custom<Json>(() => true),
    )
    .optional(),
  tags: z.array(word).optional(),
  skipTags: z.array(word).optional(),
  groups: z.array(text(/^[A-Za-z_][\w-]*$/, 'the name of a group')).optional(),
});

/** One member each: `stepsOf` says so. */
const provisioner = z.strictObject({
  ansible: z.union([fileName, ansible], { error: 'is neither a playbook nor { playbook, … }' }).optional(),
  /** Below `packer/`. */
  packer: fileName.optional(),
});

const step = z.union([z.string(), provisioner], {
  error: 'is neither the name of a script, reboot, { ansible: … } nor { packer: … }',
});

const settingsSchema = z.strictObject({
  description: z.string().optional(),
  files: z.array(declaration).optional(),
  scripts: z.array(z.string()).optional(),
  steps: z.array(step).optional(),
  accept: z.array(acceptance).optional(),
});

/** `layer.yaml` as written. */
export type LayerSettings = z.input<typeof settingsSchema>;
export type FileDeclaration = z.input<typeof declaration>;
export type WrittenStep = z.input<typeof step>;

export interface ReadSettings {
  readonly written: LayerSettings;
  /** The acceptances in `written`, with their places. */
  readonly accept: readonly Acceptance[];
}

/** Reads a `layer.yaml`; undefined when there is none. A malformed one is reported and counts as empty. */
export async function readSettings(file: string, report: Report): Promise<ReadSettings | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  if (isMisread(file, text)) report([], 'is not UTF-8');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  for (const error of document.errors) {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    report([], `line ${line}, column ${col}: ${error.message.split(/ at line \d|\n/)[0]}`);
  }
  if (document.errors.length > 0) return { written: {}, accept: [] };
  const value: unknown = document.toJS() ?? {};
  reportUnwritable(value, report);
  if (!hasForm(settingsSchema, value, report)) return { written: {}, accept: [] };
  const accept = (value.accept ?? []).map(({ rule, path, reason }, position) => {
    const node: unknown = document.getIn(['accept', position], true);
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    return { rule, ...(path === undefined ? {} : { path }), reason, line: lines.linePos(offset).line };
  });
  return { written: value, accept };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isFault(error, 'ENOENT')) return undefined;
    throw error;
  }
}
