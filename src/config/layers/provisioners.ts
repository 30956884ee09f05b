import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerName } from '../../model/ids.ts';
import type { AnsibleStep, LayerStep, PackerStep, ProvisionerFile } from '../../model/image.ts';
import { nearest } from '../nearest.ts';
import { choices, type Path, type Report, show } from '../problems.ts';
import { isMisread } from '../unwritable.ts';
import { readPackerHcl } from './packer-hcl.ts';
import type { WrittenStep } from './settings.ts';
import type { Entry } from './tree.ts';

/** `ansible/` and `packer/` of a layer. */
export interface Provisioners {
  readonly layer: LayerName;
  readonly files: readonly ProvisionerFile[];
  /** Content of the files in `packer/` itself that end as such files do. */
  readonly hcl: ReadonlyMap<string, string>;
}

const HCL = /^packer\/[^/]+\.hcl$/;

/** Reads what is there; what cannot be used is reported. */
export async function readProvisioners(
  dir: string,
  layer: LayerName,
  entries: readonly Entry[],
  report: Report,
): Promise<Provisioners> {
  const files = entries.flatMap((entry): ProvisionerFile[] => {
    if (entry.type === 'symlink') {
      report([], `${entry.path} is a symbolic link, and a change of what it leads to would bake nothing again`);
    }
    return entry.type === 'file' ? [{ source: entry.path, executable: entry.executable, digest: entry.digest }] : [];
  });
  const hcl = new Map<string, string>();
  for (const { source } of files) {
    if (!HCL.test(source)) continue;
    const file = join(dir, source);
    const text = await readFile(file, 'utf8');
    if (isMisread(file, text)) report([], `${source} is not UTF-8`);
    hcl.set(source, text);
  }
  return { layer, files, hcl };
}

/** The step that an object in `steps` asks for; undefined when it cannot be made. */
export function provisionerStep(
  written: Exclude<WrittenStep, string>,
  provisioners: Provisioners,
  path: Path,
  report: Report,
): LayerStep | undefined {
  const { ansible, packer } = written;
  if ((ansible === undefined) === (packer === undefined)) {
    report(path, `${show(written)} has to be either { ansible: … } or { packer: … }`);
    return undefined;
  }
  if (packer !== undefined) return packerStep(packer, provisioners, [...path, 'packer'], report);
  if (ansible === undefined) return undefined;
  return ansibleStep(
    typeof ansible === 'string' ? { playbook: ansible } : ansible,
    provisioners,
    [...path, 'ansible'],
    report,
  );
}

type WrittenAnsible = Exclude<Exclude<WrittenStep, string>['ansible'], string | undefined>;

function ansibleStep(
  { playbook, requirements, extraVars = {}, tags = [], skipTags = [], groups = [] }: WrittenAnsible,
  { files }: Provisioners,
  path: Path,
  report: Report,
): AnsibleStep {
  const inFolder = (name: string, key: string) => isThere('ansible/', name, files, [...path, key], report);
  const both = inFolder(playbook, 'playbook');
  const required = requirements === undefined ? {} : { requirements: inFolder(requirements, 'requirements') };
  return { kind: 'ansible', playbook: both, ...required, extraVars, tags, skipTags, groups };
}

function packerStep(
  name: string,
  { layer, files, hcl }: Provisioners,
  path: Path,
  report: Report,
): PackerStep | undefined {
  const source = isThere('packer/', name, files, path, report);
  const text = hcl.get(source);
  if (text === undefined) {
    if (files.some((file) => file.source === source)) {
      report(path, `${show(name)} has to be in packer/ itself and to end in .hcl`);
    }
    return undefined;
  }
  const { provisioners, paths, flaws } = readPackerHcl(text);
  for (const { line, message } of flaws) report(path, `${source}:${line}: ${message}`);
  for (const { line, path: named } of paths) {
    const flaw = flawOfPath(named, `layers/${layer}/`, files);
    if (flaw !== undefined) report(path, `${source}:${line}: ${show(named)} ${flaw}`);
  }
  return { kind: 'packer', source, hcl: text, provisioners };
}

/** Packer runs where the layers' `ansible/` and `packer/` are at `layers/<layer>/`, as in a project with the default layout. */
function flawOfPath(path: string, root: string, files: readonly ProvisionerFile[]): string | undefined {
  const plain = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  if (plain.startsWith('/')) {
    return 'is not in the layer, so a change of it would bake nothing again; bring it into packer/, or make it an artefact';
  }
  const isOf = (wanted: string) => files.some(({ source }) => source === wanted || source.startsWith(`${wanted}/`));
  if (plain.startsWith(root)) {
    const wanted = plain.slice(root.length);
    if (isOf(wanted)) return undefined;
    const near = nearest(
      wanted,
      files.map(({ source }) => source),
    );
    return `is not there${near === undefined ? '' : `; did you mean ${root}${near}?`}`;
  }
  const meant = isOf(`packer/${plain}`) ? `packer/${plain}` : 'packer/<file>';
  return `is not found from where Packer runs; write ${root}${meant}`;
}

function isThere(folder: string, name: string, files: readonly ProvisionerFile[], path: Path, report: Report): string {
  const source = `${folder}${name}`;
  if (!files.some((file) => file.source === source)) {
    const names = files.flatMap(({ source }) => (source.startsWith(folder) ? [source.slice(folder.length)] : []));
    const top = names.filter((one) => !one.includes('/'));
    report(path, `${show(name)} is not in ${folder}; there are ${choices(top)}`, nearest(name, names));
  }
  return source;
}
