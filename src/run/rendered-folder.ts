import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../model/image.ts';
import { type PackerTemplateRequest, renderPackerTemplate } from '../render/packer-template.ts';
import { payloadEntries, templateData } from '../render/payload.ts';
import { writeArchive } from './archive.ts';

/** Template name (`packer/image.pkr.hcl`) → source. */
export type TemplateSources = Readonly<Record<TemplateName, string>>;

export const TEMPLATE_NAMES = ['packer/image.pkr.hcl', 'provision/run.sh', 'provision/record.py'] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

export interface RenderRequest extends Omit<PackerTemplateRequest, 'source'> {
  readonly templates: TemplateSources;
}

export function renderTemplateOf(request: RenderRequest): string {
  return renderPackerTemplate({ ...request, source: request.templates['packer/image.pkr.hcl'] });
}

/**
 * Writes a folder in which `packer validate` and `packer build` work: `image.pkr.hcl`, `payload.tar` and
 * `record-input.json`. The same request and record give the same bytes.
 */
export async function writeRenderedFolder(dir: string, request: RenderRequest, record: Json): Promise<void> {
  const runner = { run: request.templates['provision/run.sh'], record: request.templates['provision/record.py'] };
  const payload = await writeArchive(payloadEntries({ ...request, runner }), templateData(request));
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'image.pkr.hcl'), renderTemplateOf(request));
  await writeFile(join(dir, 'payload.tar'), payload);
  await writeFile(join(dir, 'record-input.json'), `${JSON.stringify(record, null, 1)}\n`);
}
