import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks a server of this machine about itself. Not by `fetch`, whose first call loads a client of its own: that takes a third
 * of the time in which node starts, and the SDK has loaded `node:http` anyway.
 */
export async function ask(
  endpoint: string,
  method: 'GET' | 'POST',
  name: string,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const url = `${endpoint}/_bake/${name}`;
    request(url, { method, ...(signal === undefined ? {} : { signal }) }, resolve)
      .once('error', reject)
      .end();
  });
  return { status: response.statusCode ?? 0, body: await text(response) };
}
