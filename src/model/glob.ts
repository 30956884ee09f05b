/** How patterns of paths are read. `s`: a name may hold what JavaScript takes for the end of a line. */
export const GLOB_OPTIONS = { dot: true, nonegate: true, flags: 's' } as const;

/** A backslash before a letter or digit makes it itself; in the expression of a pattern it would mean something else. */
export const plainGlob = (glob: string): string =>
  glob.replace(/\\(.)/gs, (pair, character: string) => (/[A-Za-z0-9]/.test(character) ? character : pair));

/** Would be a group of a regular expression. */
export const isGlob = (text: string): boolean => !text.includes('(?');
