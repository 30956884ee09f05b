/** A sandbox of either kind of test. */
type Endpoint = { readonly endpoint: string };

/** A rule of `POST /_bake/faults`; docs/sandbox.md says what it means. */
export interface FaultRule {
  readonly match?: {
    readonly service?: string;
    readonly action?: string;
    readonly region?: string;
    readonly account?: string;
    readonly mutating?: boolean;
    readonly parameters?: Readonly<Record<string, string>>;
  };
  readonly nth?: number;
  readonly times?: number;
  readonly when?: 'before' | 'after';
  readonly do:
    | { readonly fail: { readonly code: string; readonly status: number; readonly message?: string } }
    | { readonly reset: true }
    | { readonly delaySeconds: number }
    | { readonly hold: true };
}

export interface RecordedCall {
  readonly n: number;
  readonly at: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** `bake`, `packer`, or what else the program calls itself. */
  readonly agent: string;
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly mutating: boolean;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly fault: string | null;
}

/** A control call with a JSON body; throws with the sandbox's words when it refuses. */
export async function ask<T>(server: Endpoint, name: string, body?: unknown): Promise<T> {
  const request = body === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${server.endpoint}/_bake/${name}`, request);
  const content = (await answer.json()) as T & { readonly error?: string };
  if (!answer.ok) throw new Error(`${answer.status}: ${content.error}`);
  return content;
}

export const setFaults = (server: Endpoint, rules: readonly FaultRule[]) =>
  ask<{ readonly rules: readonly { readonly seen: number; readonly hits: number }[] }>(server, 'faults', rules);

export async function callsAfter(server: Endpoint, number: number): Promise<readonly RecordedCall[]> {
  return (await ask<{ readonly calls: readonly RecordedCall[] }>(server, `calls?after=${number}`)).calls;
}

export async function heldCalls(server: Endpoint, seconds: number): Promise<readonly RecordedCall[]> {
  return (await ask<{ readonly held: readonly RecordedCall[] }>(server, `faults/held?wait=${seconds}`)).held;
}

/** The name under which an SDK knows the failure, or `done`. */
export const outcome = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'done',
    (error: Error) => error.name,
  );
