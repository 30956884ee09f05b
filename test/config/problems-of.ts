import { checkForm, checkRules } from '../../src/config/check.ts';
import { formatProblem } from '../../src/config/problems.ts';
import type { WrittenConfig } from '../../src/config/schema.ts';

const FILE = '/project/bake.config.ts';
const LAYER_NAMES = ['api', 'base', 'worker'];

export const VALID = {
  project: 'acme',
  region: 'us-east-1',
  images: {
    base: { source: 'debian:12', layers: ['base'] },
    api: { parent: 'base', layers: ['api'] },
  },
} satisfies WrittenConfig;

/** Every problem of a configuration, as a user reads it. */
export function problemsOf(
  value: unknown,
  layerNames: readonly string[] | 'no folder' = LAYER_NAMES,
): readonly string[] {
  const form = checkForm(value, FILE);
  const folders = { layers: layerNames === 'no folder' ? undefined : layerNames, templates: true };
  const problems = [...form.problems, ...checkRules(form, folders, FILE)];
  return problems.map((problem) => formatProblem(problem, FILE, '/project'));
}

/** The valid configuration with other top-level settings. */
export function withSettings(settings: object): unknown {
  return { ...VALID, ...settings };
}

/** The valid configuration with another `base`; `api` stays its child. */
export function withBase(settings: object): unknown {
  return { ...VALID, images: { ...VALID.images, base: { ...VALID.images.base, ...settings } } };
}

/** The valid configuration with another `api`, child of `base`. */
export function withApi(settings: object, base: object = {}): unknown {
  return {
    ...VALID,
    images: { base: { ...VALID.images.base, ...base }, api: { ...VALID.images.api, ...settings } },
  };
}
