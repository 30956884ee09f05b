import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Digest } from '../model/ids.ts';
import type { Inputs } from '../plan/fingerprint.ts';
import { contractFile, neutralFile } from '../render/guard-input.ts';
import { templateText } from '../render/handlebars.ts';
import { TEMPLATE_NAMES, type TemplateName, type TemplateSources } from './rendered-folder.ts';

/** `templates/` beside `src/` and `dist/`: the same from a checkout and from an installed package. */
const OURS = fileURLToPath(new URL('../../templates/', import.meta.url));

/** Only what bake renders is a Handlebars file; programs of the builder go there as they are. */
const fileOf = (name: TemplateName): string => (RENDERED.has(name) ? `${name}.hbs` : name);
const RENDERED: ReadonlySet<TemplateName> = new Set([
  'packer/image.pkr.hcl',
  'region-config/bake-region-config-refresh.timer',
]);

/** Our templates, each replaced by the project's file of the same relative name where there is one. */
export async function loadTemplates(overrides: string | undefined): Promise<TemplateSources> {
  const sources = await Promise.all(TEMPLATE_NAMES.map((name) => readTemplate(fileOf(name), overrides)));
  return Object.fromEntries(TEMPLATE_NAMES.map((name, index) => [name, sources[index]])) as TemplateSources;
}

export async function readTemplate(file: string, overrides: string | undefined): Promise<string> {
  if (overrides !== undefined) {
    try {
      return templateText(file, await readFile(join(overrides, file)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return readFile(join(OURS, file), 'utf8');
}

/**
 * For the fingerprint: the sources count, since rendered text differs with Packer's version. The contract's rows are
 * the guard's rules, and those of neutrality the scan's; what they then do on a machine follows and is no input.
 */
export function templateInputs(templates: TemplateSources): Inputs {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex') as Digest;
  const sources = TEMPLATE_NAMES.map((name) => [name, templates[name]] as const);
  const rules = [
    ['provision/contract.json', contractFile()],
    ['provision/neutral.json', neutralFile()],
  ] as const;
  const all = [...sources, ...rules];
  return Object.fromEntries(all.map(([name, text]) => [name, digest(text)]));
}
