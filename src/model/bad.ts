/** What the status tag `bake:bad` of an image says: it is never reused, never a parent, never promoted. */
export interface BadMark {
  /** ISO 8601, UTC. Absent where somebody wrote the tag by hand. */
  readonly at?: string;
  /** `user/alice`, `assumed-role/release/alice`; without white space. */
  readonly by?: string;
  readonly reason: string;
}

/** EC2's limit for the value of a tag. */
const LONGEST = 256;
/** What is left of a caller's name, so that there is room for a reason. */
const LONGEST_BY = 64;

const FORM = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\S+) (\S.*)$/s;

/** `2026-11-20T15:04:05Z user/alice why`. */
export const formatBad = ({ at, by, reason }: Required<BadMark>): string => `${prefixOf(at, by)}${reason}`;

const prefixOf = (at: string, by: string): string => `${at.replace(/\.\d+Z$/, 'Z')} ${by.slice(-LONGEST_BY)} `;

/** Characters that there are for a reason. */
export const roomForReason = ({ at, by }: { readonly at: string; readonly by: string }): number =>
  LONGEST - prefixOf(at, by).length;

/** Whatever the tag says, the image is bad; text of another form is the reason. */
export function parseBad(text: string): BadMark {
  const [, at, by, reason] = FORM.exec(text) ?? [];
  if (at === undefined || by === undefined || reason === undefined) return { reason: text };
  return { at, by, reason };
}
