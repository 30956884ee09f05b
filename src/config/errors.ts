import { BakeError } from '../model/errors.ts';

const NAMES = 'bake.config.ts, .mts, .mjs, .js, .json, .yaml or .yml';

export function configNotFound(cwd: string): BakeError {
  return new BakeError({
    code: 'config-not-found',
    message: `no configuration in ${cwd} or a folder above it; looked for ${NAMES}`,
    hint: 'Go to the folder of your project, name the file with --config, or begin one with bake init.',
    blame: 'user',
  });
}

export function configFileMissing(file: string): BakeError {
  return new BakeError({
    code: 'config-not-found',
    message: `the configuration ${file} does not exist`,
    hint: 'Check the path after --config; it starts from the current folder.',
    blame: 'user',
  });
}

/** Where in a file something went wrong; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column?: number;
}

export function configUnreadable(file: string, reason: string, position?: Position, cause?: unknown): BakeError {
  const where = [file, position?.line, position?.column].filter((part) => part !== undefined).join(':');
  return new BakeError({
    code: 'config-unreadable',
    message: `cannot read ${where}: ${reason}`,
    hint: 'Correct it there; bake config reads it and asks nobody.',
    blame: 'user',
    cause,
  });
}

/** `details` has one entry per problem. */
export function configInvalid(file: string, details: readonly string[]): BakeError {
  const count = details.length === 1 ? '1 problem' : `${details.length} problems`;
  return new BakeError({ code: 'config-invalid', message: `${file} has ${count}`, details, blame: 'user' });
}
