/** Who can put it right: the person at the keyboard, a tool on this machine, the cloud, or us. */
export type Blame = 'user' | 'tool' | 'cloud' | 'bug';

export interface BakeErrorInit {
  /** Stable kebab-case name; scripts match on it. */
  readonly code: string;
  /** What failed, on which image, layer or region, with the offending value. */
  readonly message: string;
  /** What to type or change next. */
  readonly hint?: string | undefined;
  /** Further lines: last output, one problem each, what was cleaned up. */
  readonly details?: readonly string[] | undefined;
  readonly blame: Blame;
  readonly cause?: unknown;
}

/** The one error that reaches a user. Anything else that is thrown is a bug and is reported as one. */
export class BakeError extends Error {
  override readonly name = 'BakeError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly blame: Blame;

  constructor(init: BakeErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.hint = init.hint;
    this.details = init.details ?? [];
    this.blame = init.blame;
  }
}

/** The part of an error that travels in events and JSON. */
export interface ErrorSummary {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: readonly string[];
  readonly blame: Blame;
}

export function summarise(error: unknown): ErrorSummary {
  const mended = systemError(error);
  const known = mended instanceof BakeError ? mended : unexpected(error);
  return {
    code: known.code,
    message: known.message,
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    ...(known.details.length === 0 ? {} : { details: known.details }),
    blame: known.blame,
  };
}

/** A throw that nobody foresaw. */
export function unexpected(cause: unknown): BakeError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new BakeError({
    code: 'unexpected',
    message: `internal error: ${message}`,
    hint: 'This is a bug in bake. Run again with BAKE_DEBUG=1 and report the stack it prints.',
    blame: 'bug',
    cause,
  });
}

/** Faults of the system under a command, by Node's code. */
const SYSTEM_FAULTS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOSPC: [
    'the disk is full',
    'Make room (bake sandbox status shows what the sandbox uses), then run the same command again.',
  ],
  EDQUOT: ['the disk quota is used up', 'Make room, then run the same command again.'],
  EROFS: [
    'the file system is read-only',
    'Run bake in a folder that can be written: it keeps logs and records in .bake.',
  ],
  EACCES: ['permission denied', 'Check the owner and the mode of the file.'],
  EPERM: ['operation not permitted', 'Check the owner and the mode of the file.'],
  EMFILE: ['too many open files', 'Raise the limit: ulimit -n 4096.'],
  ENOENT: ['no such file or folder', 'Check the path.'],
};

/** A file that cannot be read or written is the user's to mend, not a bug; anything else is left as it is. */
export function systemError(error: unknown): unknown {
  if (error instanceof BakeError || !(error instanceof Error)) return error;
  const { code = '', path, syscall } = error as NodeJS.ErrnoException;
  const fault = SYSTEM_FAULTS[code];
  if (fault === undefined) return error;
  const [what, hint] = fault;
  const where = path === undefined ? '' : `: ${path}`;
  const doing = syscall === undefined ? '' : ` (${syscall})`;
  return new BakeError({ code: 'system', message: `${what}${where}${doing}`, hint, blame: 'user', cause: error });
}

export function usage(message: string, hint?: string): BakeError {
  return new BakeError({ code: 'usage', message, hint, blame: 'user' });
}

export function interrupted(reason: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE'): BakeError {
  return new BakeError({ code: 'interrupted', message: `stopped by ${reason}`, blame: 'user' });
}

/** Exit codes are a contract: 0 done, 1 a step failed, 2 usage or configuration, 3 declined, 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof BakeError)) return 1;
  if (error.code === 'interrupted') return 130;
  if (error.code === 'declined') return 3;
  return error.code === 'usage' || error.code.startsWith('config-') ? 2 : 1;
}
