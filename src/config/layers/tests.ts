import type { LayerTestFile } from '../../model/image.ts';
import type { Report } from '../problems.ts';
import type { Entry } from './tree.ts';

/** The files below `test/`. Every file in the folder itself is a test, executable or not: none is passed over in silence. */
export function testsOf(entries: readonly Entry[], report: Report): readonly LayerTestFile[] {
  return entries.flatMap((entry) => {
    if (entry.type === 'refused') return [];
    if (entry.type === 'symlink') {
      report([], `${entry.path} is a symbolic link; tests are regular files`);
      return [];
    }
    if (entry.path.endsWith('.hbs')) {
      report([], `${entry.path} would not be rendered; tests find variables as BAKE_VAR_<name>`);
    }
    return [{ source: entry.path, isTest: entry.path.split('/').length === 2, digest: entry.digest }];
  });
}
