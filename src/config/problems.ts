import { relative, sep } from 'node:path';

export type Path = readonly PropertyKey[];

/** One thing wrong in what the user wrote. */
export interface Problem {
  /** Absolute path of the file, or of the layer folder, that has to change. */
  readonly file: string;
  /** Where in the file; empty: the file as a whole. */
  readonly path: Path;
  /** The offending value, what is wrong with it and what is allowed, as one sentence without a full stop. */
  readonly message: string;
  /** What was probably meant. */
  readonly suggestion?: string | undefined;
}

/** Collects the problems of one file. */
export type Report = (path: Path, message: string, suggestion?: string) => void;

export function reportTo(problems: Problem[], file: string): Report {
  return (path, message, suggestion) => problems.push({ file, path, message, suggestion });
}

/**
 * `images.api.parent: "bsae" is not an image; images are base, api. Did you mean "base"?`
 * A problem of another file than `mainFile` begins with that file's path from `root`.
 */
export function formatProblem(problem: Problem, mainFile: string, root: string): string {
  const where = [
    ...(problem.file === mainFile ? [] : [relative(root, problem.file).split(sep).join('/')]),
    ...(problem.path.length === 0 ? [] : [formatPath(problem.path)]),
  ];
  const meant = problem.suggestion === undefined ? '' : `. Did you mean ${JSON.stringify(problem.suggestion)}?`;
  return [...where, `${problem.message}${meant}`].join(': ');
}

/** `images.api.layers[2]`, `tags["cost centre"]`. */
export function formatPath(path: Path): string {
  return path
    .map((key, position) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^[\w-]+$/.test(String(key))) return `[${JSON.stringify(String(key))}]`;
      return position === 0 ? String(key) : `.${String(key)}`;
    })
    .join('');
}

const LONGEST_VALUE = 60;

/** A value as it appears in a problem, cut when long. */
export function show(value: unknown): string {
  const text = textOf(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}

function textOf(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A bigint, or an object that contains itself.
    return String(value);
  }
}

const MOST_CHOICES = 12;

/** `base, api`, cut when there are many. */
export function choices(values: Iterable<string>): string {
  const all = [...values];
  if (all.length === 0) return 'none';
  const left = all.length - MOST_CHOICES;
  return left > 0 ? `${all.slice(0, MOST_CHOICES).join(', ')} and ${left} more` : all.join(', ');
}
