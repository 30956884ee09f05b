import type { TryScripts } from '../../render/try-payload.ts';
import { readTemplate } from '../templates.ts';

/** What runs on machines on trial; a project's own files take the place of ours, as with every template. */
export async function loadTryScripts(overrides: string | undefined): Promise<TryScripts> {
  const [run, probe] = await Promise.all([
    readTemplate('try/run.sh', overrides),
    readTemplate('try/probe.py', overrides),
  ]);
  return { run, probe };
}
