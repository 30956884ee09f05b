import { type Path, type Report, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
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
      reportOther(at, value, [], report);
    }
  }
}

/** Reports whatever in a value JSON cannot say. */
function reportOther(path: Path, value: unknown, within: readonly unknown[], report: Report): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (value === undefined) report(path, 'is undefined; a variable has a value (null is one)');
  else if (typeof value !== 'object' || !isPlain(value)) report(path, `${describe(value)} is not JSON`);
  else if (within.includes(value)) report(path, 'contains itself, which JSON cannot say');
  else {
    const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [key, member] of members) reportOther([...path, key], member, [...within, value], report);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : show(value);
}
