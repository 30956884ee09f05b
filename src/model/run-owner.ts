/** The process that a run is. */
export interface RunOwner {
  readonly run: string;
  readonly host: string;
  readonly user: string;
  readonly pid: number;
  /** Where that process id means that process: of one boot of one machine, and one container. Absent: nobody can tell. */
  readonly processes?: string;
}

/** `<run> <user>@<host> <pid> <processes>`, for a tag. */
export function ownerText({ run, user, host, pid, processes }: RunOwner): string {
  const whose = `${run} ${word(user)}@${word(host)} ${pid}`;
  return processes === undefined ? whose : `${whose} ${word(processes)}`;
}

/** The reverse of `ownerText`, less the characters that a tag has no room for; undefined for other text. */
export function parseOwner(text: string): RunOwner | undefined {
  const match = /^(\S+) (\S+)@(\S+) (\d+)(?: (\S+))?$/.exec(text);
  if (match === null) return undefined;
  const [, run = '', user = '', host = '', pid, processes] = match;
  const owner = { run, user, host, pid: Number(pid) };
  return processes === undefined ? owner : { ...owner, processes };
}

/** Of the 256 characters that a tag has. */
const LONGEST_WORD = 64;

/** Letters, digits and what else every service takes in tags. */
const word = (text: string): string => text.replace(/[^\w.:=+-]/g, '_').slice(0, LONGEST_WORD);

/** Are these processes of the same space, where one of them may have been through a tag? */
export const isSameSpace = (a: string, b: string): boolean => word(a) === word(b);
