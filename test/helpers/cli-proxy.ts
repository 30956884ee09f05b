import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ProxyRules {
  /** The emulator behind it; absent: there is none, and every call must be answered here. */
  readonly to?: string;
  /** An answer instead of the emulator's. */
  readonly answer?: (action: string) => { readonly status: number; readonly body: string } | undefined;
  /** What the caller sees of the emulator's answer. */
  readonly change?: (action: string, body: string) => string;
}

export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** The EC2 actions that were called, in order. */
  readonly actions: readonly string[];
}

/** Stands between a client and EC2's API on loopback, and does to it what the weather does. */
export async function proxy({ to, answer, change }: ProxyRules): Promise<Proxy> {
  const actions: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const action = new URLSearchParams(body).get('Action') ?? String(request.headers['x-amz-target'] ?? 'unknown');
    actions.push(action);
    const own = answer?.(action);
    if (own !== undefined || to === undefined) {
      response.writeHead(own?.status ?? 500, { 'content-type': 'text/xml' }).end(own?.body);
      return;
    }
    try {
      const sent = Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.has(name));
      const headers = Object.fromEntries(sent.map(([name, value]) => [name, String(value)]));
      const forwarded = await fetch(`${to}${request.url}`, { method: request.method ?? 'POST', headers, body });
      const answered = await forwarded.text();
      const type = forwarded.headers.get('content-type') ?? 'text/xml';
      response.writeHead(forwarded.status, { 'content-type': type }).end(change?.(action, answered) ?? answered);
    } catch {
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    actions,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const HOP_BY_HOP = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect']);

/** EC2's answer to a call that it refuses. */
export const ec2Error = (code: string, message: string): string =>
  `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`;
