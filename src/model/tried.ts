/** What the status tag `bake:tried` of an image says: whether it may be promoted. */
export interface Tried {
  readonly result: 'passed' | 'failed';
  /** ISO 8601, UTC. */
  readonly at: string;
  /** sha256 of the user-data that it was tried with; undefined when there was none. */
  readonly userData: string | undefined;
  /** Version of bake. */
  readonly tool: string;
}

const FORM = /^(passed|failed) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (none|[0-9a-f]{64}) (\S{1,64})$/;

/** `passed 2026-11-20T15:04:05Z none 0.2.0`: at most 165 of a tag value's 256 characters. */
export function formatTried({ result, at, userData, tool }: Tried): string {
  return `${result} ${at.replace(/\.\d+Z$/, 'Z')} ${userData ?? 'none'} ${tool}`;
}

/** Undefined for text of another form: the image then counts as never tried. */
export function parseTried(text: string): Tried | undefined {
  const [, result, at = '', userData, tool = ''] = FORM.exec(text) ?? [];
  if (result !== 'passed' && result !== 'failed') return undefined;
  return { result, at, userData: userData === 'none' ? undefined : userData, tool };
}
