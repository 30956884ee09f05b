import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface RelayedCall {
  /** From 1. */
  readonly number: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Region and service that it is signed for: `us-east-1/s3`. */
  readonly scope: string;
  /** Changes something in S3. */
  readonly writes: boolean;
}

/** `cut`: the connection ends here. */
export type Verdict = 'go' | 'cut';

export interface RelayHooks {
  /** Before the emulator hears of the call. */
  readonly before?: (call: RelayedCall) => Promise<Verdict> | Verdict;
  /** When it is done, and before the caller hears of it. */
  readonly after?: (call: RelayedCall) => Promise<Verdict> | Verdict;
}

export interface Relay extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly RelayedCall[];
}

/** Stands between a client and the emulator, byte for byte, and can be the network's bad day at any call. */
export async function relay(to: string, { before, after }: RelayHooks = {}): Promise<Relay> {
  const calls: RelayedCall[] = [];
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const body = await buffer(request);
    const path = url.split('?')[0] ?? url;
    const writes = path !== '/' && method !== 'GET' && method !== 'HEAD';
    const scope = headers.authorization?.match(/Credential=[^/]+\/\d+\/([^/]+\/[^/]+)\//)?.[1] ?? '';
    const call = { number: calls.length + 1, method, path, scope, writes };
    calls.push(call);
    if ((await before?.(call)) === 'cut') return response.destroy();
    const forwarded = send(`${to}${url}`, { method, headers });
    forwarded.on('error', () => response.destroy());
    forwarded.on('response', async (answer) => {
      const content = await buffer(answer);
      if ((await after?.(call)) === 'cut') return response.destroy();
      return response.writeHead(answer.statusCode ?? 500, answer.headers).end(content);
    });
    return forwarded.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
