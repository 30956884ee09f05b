import { isAbsolute, normalize } from 'node:path/posix';
import { choices, type Path, type Report, show } from '../problems.ts';

const PLACEHOLDER = /\{([^{}]*)\}/g;

export function hasKnownPlaceholders(path: Path, pattern: string, known: readonly string[], report: Report): boolean {
  const unknown = [...pattern.matchAll(PLACEHOLDER)]
    .map(([, name = '']) => name)
    .filter((name) => !known.includes(name));
  for (const name of unknown) {
    const allowed = choices(known.map((one) => `{${one}}`));
    report(path, `${show(pattern)} has the unknown placeholder {${name}}; placeholders are ${allowed}`);
  }
  return unknown.length === 0;
}

export const OUTSIDE_PROJECT = "is not a file within the project; write a path from the configuration's folder";

export const isWithinProject = (path: string): boolean =>
  path !== '' && !path.endsWith('/') && !isAbsolute(path) && !/^\.\.?(?:\/|$)/.test(normalize(path));
