import { inheritAll } from './inherit.ts';
import { type Path, type Problem, reportTo } from './problems.ts';
import { type Folders, RULES } from './rules.ts';
import { salvage } from './salvage.ts';
import { type WrittenConfig, writtenSchema } from './schema.ts';
import { hasForm } from './schema-problems.ts';
import { reportUnwritable } from './unwritable.ts';

export interface FormCheck {
  /** The configuration, without its malformed parts where there are problems; undefined when too little is left. */
  readonly written: WrittenConfig | undefined;
  readonly problems: readonly Problem[];
}

/** Whether the configuration has the form of one: keys, types, syntax. */
export function checkForm(read: unknown, file: string): FormCheck {
  const value = withoutSchema(read);
  const problems: Problem[] = [];
  const hasRightForm = hasForm(writtenSchema, value, reportTo(problems, file));
  reportUnwritable(value, reportTo(problems, file));
  return {
    written:
      hasRightForm && problems.length === 0
        ? value
        : salvage(
            value,
            problems.map(({ path }) => path),
          ),
    problems,
  };
}

/** `$schema` is for editors alone. */
function withoutSchema(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$schema' in value)) return value;
  const { $schema, ...rest } = value;
  return rest;
}

/** The problems that only the rules see, leaving out those that follow from malformed parts. */
export function checkRules(
  { written, problems: malformed }: FormCheck,
  folders: Folders,
  file: string,
): readonly Problem[] {
  if (written === undefined) return [];
  const problems: Problem[] = [];
  const context = { written, inherited: inheritAll(written), folders, report: reportTo(problems, file) };
  for (const rule of RULES) rule(context);
  return problems.filter(({ path }) => !malformed.some((known) => touches(known.path, path)));
}

/** One path leads to the other. */
function touches(a: Path, b: Path): boolean {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return shorter.every((key, position) => key === longer[position]);
}
