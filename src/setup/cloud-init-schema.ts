import { execa } from 'execa';

/** Milliseconds for one text: it imports much. */
const LIMIT = 60_000;

/**
 * What `cloud-init schema` of this machine has against a cloud-config. Undefined: nothing, or cloud-init is not on PATH, or it
 * fails for a reason of its own.
 */
export async function schemaFlaws(file: string, signal: AbortSignal): Promise<string | undefined> {
  const result = await execa('cloud-init', ['schema', '--config-file', file], {
    reject: false,
    timeout: LIMIT,
    cancelSignal: signal,
    all: true,
  });
  signal.throwIfAborted();
  if (result.exitCode === undefined || result.exitCode === 0) return undefined;
  return /Cloud config schema errors: *(.*)/.exec(result.all ?? '')?.[1];
}
