import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Json } from '../model/image.ts';
import { type PackerTemplateRequest, renderPackerTemplate } from '../render/packer-template.ts';
import { type PayloadRequest, payloadEntries, provisionerEntries, templateData } from '../render/payload.ts';
import { LOADER_FILES, type LoaderSources } from '../render/region-config/loader-files.ts';
import { contentBytes, writeArchive } from './archive.ts';

/** Template name (`packer/image.pkr.hcl`) → source. */
export type TemplateSources = Readonly<Record<TemplateName, string>>;

/** What runs on the builder, side by side in one folder. */
const PROGRAMS = [
  'run.sh',
  'record.py',
  'secret_scan.py',
  'secret_forms.py',
  'disk_files.py',
  'volumes.py',
  'guard.py',
  'protection.py',
  'manifest.py',
  'baked_values.py',
  'cloud_config.py',
  'sshd_settings.py',
  'package_pin.py',
  'apt_pin.py',
  'apt_sources.py',
  'rpm_pin.py',
  'hygiene.sh',
  'hygiene.py',
  'hygiene_table.py',
  'launch_keys.py',
  'neutral.py',
  'neutral_scan.py',
  'packaged_files.py',
  'machine_files.py',
  'working_files.py',
  'path_patterns.py',
] as const;

/** The builder and the machines of a trial say by the same program what they are like. */
export const PROBE = ['probe.py', 'probe_settings.py', 'probe_reading.py'] as const;

export const TEMPLATE_NAMES = [
  'packer/image.pkr.hcl',
  ...PROGRAMS.map((name) => `provision/${name}` as const),
  ...PROBE.map((name) => `try/${name}` as const),
  ...LOADER_FILES.map((name) => `region-config/${name}` as const),
] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

export const loaderSources = (templates: TemplateSources): LoaderSources =>
  Object.fromEntries(LOADER_FILES.map((name) => [name, templates[`region-config/${name}`]])) as LoaderSources;

export interface RenderRequest extends Omit<PackerTemplateRequest, 'source'> {
  readonly templates: TemplateSources;
}

export function renderTemplateOf(request: RenderRequest): string {
  return renderPackerTemplate({ ...request, source: request.templates['packer/image.pkr.hcl'] });
}

/**
 * Writes a folder in which `packer validate` and `packer build` work: `image.pkr.hcl`, `payload.tar`,
 * `record-input.json`, and what provisioners of layers read on this machine. The same request and record give the same
 * bytes.
 */
export async function writeRenderedFolder(dir: string, request: RenderRequest, record: Json): Promise<void> {
  const payload = await bakePayload(request);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'image.pkr.hcl'), renderTemplateOf(request));
  await writeFile(join(dir, 'payload.tar'), payload);
  await writeFile(join(dir, 'record-input.json'), `${JSON.stringify(record, null, 1)}\n`);
  if (request.provisioned) await writeProvisionerFiles(dir, request);
}

/** For their owner alone: what a playbook writes on a machine may be nobody else's business. */
async function writeProvisionerFiles(dir: string, request: RenderRequest): Promise<void> {
  for (const { path, mode, content } of provisionerEntries(request)) {
    if (content.kind === 'link') continue;
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, await contentBytes(content, {}), { mode: Number.parseInt(mode, 8) });
  }
}

/** Everything that the builder needs, as an archive that is unpacked there. Throws `layer-changed`. */
export function bakePayload(
  request: Omit<PayloadRequest, 'programs' | 'loader'> & { readonly templates: TemplateSources },
): Promise<Buffer> {
  const { templates } = request;
  const programs = Object.fromEntries(PROGRAMS.map((name) => [name, templates[`provision/${name}`]]));
  const probe = Object.fromEntries(PROBE.map((name) => [name, templates[`try/${name}`]]));
  const entries = payloadEntries({ ...request, programs: { ...programs, ...probe }, loader: loaderSources(templates) });
  return writeArchive(entries, templateData(request));
}
