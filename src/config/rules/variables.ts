import { show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { reportNoJson } from './json.ts';
import { scopes } from './scopes.ts';

/** Variables reach scripts as environment variables and templates as names. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NAME_RULE = 'letters, digits and underscores, not starting with a digit';

export function variablesRule({ written, report }: RuleContext): void {
  for (const { path, settings } of scopes(written)) {
    for (const [name, value] of Object.entries(settings.variables ?? {})) {
      const at = [...path, 'variables', name];
      if (!NAME.test(name) || name === '__proto__') {
        report(at, `${show(name)} is not a variable name; names are ${NAME_RULE}`);
      }
      reportNoJson(at, value, report);
    }
  }
}
