import type { TryPrograms } from '../../render/try-payload.ts';
import { PROBE } from '../rendered-folder.ts';
import { readTemplate } from '../templates.ts';

/** What runs on machines on trial; a project's own files take the place of ours, as with every template. */
export async function loadTryPrograms(overrides: string | undefined): Promise<TryPrograms> {
  const names = ['run.sh', ...PROBE];
  const sources = await Promise.all(names.map((name) => readTemplate(`try/${name}`, overrides)));
  return Object.fromEntries(names.map((name, index) => [name, sources[index] ?? '']));
}
