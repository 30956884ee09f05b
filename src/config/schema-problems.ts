import * as z from 'zod';
import { nearest } from './nearest.ts';
import { choices, type Path, type Report, show } from './problems.ts';

/** Whether `value` has the form that the schema wants; reports each problem where it has not. */
export function hasForm<T>(schema: z.ZodType<unknown, T>, value: unknown, report: Report): value is T {
  const result = schema.safeParse(value);
  for (const issue of result.error?.issues ?? []) reportIssue(issue, [], { schema, value, report });
  return result.success;
}

interface Context {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly report: Report;
}

function reportIssue(issue: z.core.$ZodIssue, base: Path, context: Context): void {
  const path = [...base, ...issue.path];
  const found = valueAt(context.value, path);
  const shown = isOfSecret(path) ? 'what is written here' : show(found);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(context.schema, path);
      for (const key of issue.keys) {
        context.report([...path, key], `unknown key; keys here are ${choices(known)}`, nearest(key, known));
      }
      return;
    }
    case 'invalid_union': {
      const meant = issue.errors.find((branch) => branch.every(isInside));
      if (meant === undefined) context.report(path, `${shown} ${issue.message}`);
      else for (const inner of meant) reportIssue(inner, path, context);
      return;
    }
    case 'invalid_type':
      context.report(path, found === undefined ? 'is required' : `${shown} ${typeRule(issue)}`);
      return;
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const suggestion = typeof found === 'string' ? nearest(found, allowed) : undefined;
      context.report(path, `${show(found)} is not one of ${choices(allowed)}`, suggestion);
      return;
    }
    default:
      context.report(path, `${shown} ${issue.message}`);
  }
}

/** Somebody may have written the secret itself where it should say where that is: `images.<name>.secrets.…`. */
const isOfSecret = ([top, , key]: Path): boolean => top === 'images' && key === 'secrets';

/** The branch of a union was the right one, only something within it is wrong. */
function isInside(issue: z.core.$ZodIssue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys';
}

const NOUNS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a string',
};

function typeRule({ message, expected }: z.core.$ZodIssueInvalidType): string {
  const isOurs = !message.startsWith('Invalid input');
  return isOurs ? message : `is not ${NOUNS[expected] ?? expected}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let at: unknown = unwrap(schema);
  for (const key of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[String(key)]);
    else if (at instanceof z.ZodRecord) at = unwrap(at.valueType);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.find((option) => option instanceof z.ZodObject) ?? schema;
  return schema;
}
