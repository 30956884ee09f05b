import type { LayerUserDataFile } from '../../model/image.ts';
import type { Report } from '../problems.ts';
import type { Entry } from './tree.ts';

/** The files of `user-data/`, in the order of their names. What they must begin with, `bake check` knows. */
export function userDataOf(entries: readonly Entry[], report: Report): readonly LayerUserDataFile[] {
  return entries.flatMap((entry) => {
    if (entry.type === 'refused') return [];
    const flaw = flawOf(entry);
    if (flaw !== undefined) report([], `${entry.path} ${flaw}`);
    return flaw === undefined ? [{ source: entry.path, digest: entry.digest }] : [];
  });
}

function flawOf({ type, path }: Exclude<Entry, { type: 'refused' }>): string | undefined {
  if (type === 'symlink') return 'is a symbolic link; parts of user-data are regular files';
  if (path.split('/').length > 2) return 'is in a folder; user-data/ has none';
  if (path.endsWith('.hbs')) return 'would not be rendered: user-data is the same for every region and image';
  return undefined;
}
