export type ReporterMode = 'live' | 'line' | 'json';

/** The environment variables that decide. */
interface Env {
  readonly CI?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  readonly NO_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

export interface Surroundings {
  /** `--json` was given. */
  readonly json: boolean;
  /** Whether stderr, where progress goes, is a terminal. */
  readonly isTTY: boolean;
  readonly env: Env;
}

/** Rows that redraw themselves only where somebody watches: CI systems may offer a terminal and still keep a log. */
export function chooseMode({ json, isTTY, env }: Surroundings): ReporterMode {
  if (json) return 'json';
  return isTTY && !isCI(env) && env.TERM !== 'dumb' ? 'live' : 'line';
}

/** NO_COLOR and FORCE_COLOR as their conventions say: set and not empty; NO_COLOR wins. */
export function chooseColor({ isTTY, env }: Omit<Surroundings, 'json'>): boolean {
  if (isSet(env.NO_COLOR)) return false;
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0';
  return isTTY && env.TERM !== 'dumb';
}

const isCI = (env: Env): boolean => isSet(env.CI) && env.CI !== 'false' && env.CI !== '0';

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
