import type { Json, Variables } from '../../model/image.ts';
import { environmentName, variableText } from '../../model/variable-text.ts';
import { show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { isJson, reportNoJson } from './json.ts';
import { scopes } from './scopes.ts';

/** Variables reach scripts as environment variables and templates as names. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NAME_RULE = 'letters, digits and underscores, not starting with a digit';

/** What templates see beside the variables. */
const TAKEN = ['image', 'project', 'architecture'];

/** Linux starts no program with a longer string in its environment, the name and a NUL included (MAX_ARG_STRLEN). */
const LONGEST = 128 * 1024;
/** Half of what it takes in all with the usual limit of the stack. */
const MOST = 1024 * 1024;
const INSTEAD = 'make it a file of a layer';

export function variablesRule({ written, report }: RuleContext): void {
  for (const { path, settings } of scopes(written)) {
    for (const [name, value] of Object.entries(settings.variables ?? {})) {
      const at = [...path, 'variables', name];
      if (!NAME.test(name)) report(at, `${show(name)} is not a variable name; names are ${NAME_RULE}`);
      if (TAKEN.includes(name)) {
        report(at, `${show(name)} is what templates call the bake's own; choose another name`);
      }
      reportNoJson(at, value, report);
      const size = sizeOf(name, value);
      if (size > LONGEST)
        report(at, `has ${size} bytes in the environment of scripts, which takes ${LONGEST}; ${INSTEAD}`);
    }
  }
}

/** All that scripts of an image find, its ancestors' included: told for the image that goes beyond. */
export function variablesSizeRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { parent }] of Object.entries(written.images)) {
    const size = totalOf(inherited.get(name)?.variables);
    if (size <= MOST || totalOf(inherited.get(parent ?? '')?.variables) > MOST) continue;
    report(
      ['images', name, 'variables'],
      `have ${size} bytes with the inherited ones, and the environment of scripts takes ${MOST}; ${INSTEAD}`,
    );
  }
}

const totalOf = (variables: Variables = {}): number =>
  Object.entries(variables).reduce((total, [name, value]) => total + sizeOf(name, value), 0);

const sizeOf = (name: string, value: Json): number =>
  !isJson(value) ? 0 : Buffer.byteLength(`${environmentName(name)}=${variableText(value)}`) + 1;
