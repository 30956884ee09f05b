import { BakeError } from '../model/errors.ts';

export function commandFailed(command: string, reason: string, output: readonly string[]): BakeError {
  return new BakeError({ code: 'command-failed', message: `${command} ${reason}`, details: output, blame: 'tool' });
}

/** A tool that is missing and cannot be installed from here. */
export interface MissingTool {
  readonly name: string;
  readonly purpose: string;
  readonly problem: string;
  /** What to type. */
  readonly hint: string;
}

export function toolsMissing(missing: readonly MissingTool[]): BakeError {
  const names = missing.map((tool) => tool.name).join(', ');
  return new BakeError({
    code: 'tools-missing',
    message: `this machine lacks ${names}, and bake cannot install ${missing.length === 1 ? 'it' : 'them'} here`,
    details: missing.map((tool) => `${tool.name} (${tool.purpose}): ${tool.problem}`),
    hint: [...new Set(missing.map((tool) => tool.hint))].join('\n'),
    blame: 'user',
  });
}

export function toolsStillMissing(missing: readonly MissingTool[]): BakeError {
  return new BakeError({
    code: 'tools-missing',
    message: `the packages were installed, but ${missing.map((tool) => tool.name).join(', ')} still cannot be used`,
    details: missing.map((tool) => `${tool.name}: ${tool.problem}`),
    hint: 'Run `bake doctor` to see which executables were found on PATH.',
    blame: 'tool',
  });
}

export function downloadFailed(url: string, cause: unknown): BakeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BakeError({
    code: 'download-failed',
    message: `cannot download ${url}: ${reason}`,
    hint: 'Check the network and any proxy, then run the same command again.',
    blame: 'tool',
    cause,
  });
}

export function checksumMismatch(url: string, expected: string, actual: string): BakeError {
  return new BakeError({
    code: 'checksum-mismatch',
    message: `${url} is not what its publisher signed off: expected ${expected}, got ${actual}`,
    hint: 'Nothing was kept. Try again; if it stays so, a proxy may be changing downloads.',
    blame: 'tool',
  });
}

export function checksumUnknown(url: string, file: string): BakeError {
  return new BakeError({
    code: 'checksum-unknown',
    message: `${url} names no checksum for ${file}`,
    hint: 'Run the same command again; if it stays so, a proxy may be changing downloads, or the publisher has moved the file.',
    blame: 'tool',
  });
}

export function badArchive(file: string, problem: string): BakeError {
  return new BakeError({
    code: 'bad-archive',
    message: `${file}: ${problem}`,
    hint: 'Run the same command again; if it stays so, a proxy may be changing downloads.',
    blame: 'tool',
  });
}

export function lockTimeout(file: string, holder: number, seconds: number): BakeError {
  return new BakeError({
    code: 'lock-timeout',
    message: `process ${holder} has held ${file} for more than ${seconds} s`,
    hint: `Wait for it, or end it with \`kill ${holder}\`, then run the same command again.`,
    blame: 'user',
  });
}
