import picomatch from 'picomatch';
import { GLOB_OPTIONS, plainGlob } from '../../model/glob.ts';
import type { LayerFile } from '../../model/image.ts';
import { type Report, show } from '../problems.ts';
import type { FileDeclaration } from './settings.ts';
import type { Entry } from './tree.ts';

const FOLDER = 'files';
const TEMPLATE = '.hbs';

/** The files that a layer puts on the machine, from the entries below `files/`. Reports those that exclude each other. */
export function filesOf(entries: readonly Entry[], report: Report): readonly LayerFile[] {
  const files = entries.flatMap((entry) => fileOf(entry) ?? []);
  const sources = new Map<string, string>();
  for (const { path, source } of files) {
    const other = sources.get(path);
    if (other !== undefined) report([], `${other} and ${source} both make ${path} on the machine; keep one`);
    else sources.set(path, source);
  }
  for (const { path, source } of files) {
    const other = foldersOf(path).flatMap((folder) => sources.get(folder) ?? [])[0];
    if (other !== undefined) report([], `${source} needs a folder where ${other} makes a file; keep one`);
  }
  return files;
}

/** `/etc`, `/etc/nginx` for `/etc/nginx/nginx.conf`. */
function foldersOf(path: string): readonly string[] {
  return [...path.matchAll(/(?!^)\//g)].map(({ index }) => path.slice(0, index));
}

function fileOf(entry: Entry): LayerFile | undefined {
  const path = entry.path.slice(FOLDER.length);
  const common = { source: entry.path, owner: 'root', group: 'root' };
  switch (entry.type) {
    case 'refused':
      return undefined;
    case 'symlink':
      return {
        ...common,
        path,
        type: 'symlink',
        mode: '0777',
        template: false,
        digest: entry.digest,
        target: entry.target,
      };
    case 'file': {
      const template = path.endsWith(TEMPLATE);
      return {
        ...common,
        path: template ? path.slice(0, -TEMPLATE.length) : path,
        type: 'file',
        // Only the executable bit survives git; the rest of a checkout's mode is the umask of whoever made it.
        mode: entry.executable ? '0755' : '0644',
        template,
        digest: entry.digest,
      };
    }
  }
}

/** Gives the files the modes and owners that `layer.yaml` declares. Later declarations win, key by key. */
export function declare(
  files: readonly LayerFile[],
  declarations: readonly FileDeclaration[],
  report: Report,
): readonly LayerFile[] {
  return declarations.reduce(
    (declared, declaration, position) => applyDeclaration(declared, declaration, position, report),
    files,
  );
}

function applyDeclaration(
  files: readonly LayerFile[],
  { path, ...settings }: FileDeclaration,
  position: number,
  report: Report,
): readonly LayerFile[] {
  const { mode, owner, group } = settings;
  if (mode === undefined && owner === undefined && group === undefined) {
    report(['files', position], 'declares nothing; write mode, owner or group');
  }
  const matches = picomatch(plainGlob(path), GLOB_OPTIONS);
  if (!files.some((file) => matches(file.path))) {
    report(['files', position, 'path'], `${show(path)} matches no file of the layer`);
  }
  return files.map((file) =>
    matches(file.path)
      ? {
          ...file,
          // A link has no mode of its own.
          mode: file.type === 'symlink' ? file.mode : (mode ?? file.mode),
          owner: owner ?? file.owner,
          group: group ?? file.group,
        }
      : file,
  );
}
