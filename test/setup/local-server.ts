import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalServer extends AsyncDisposable {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly requests: readonly string[];
}

/** A server on loopback with these files; a file whose content is `hang` never ends. */
export async function serve(files: Readonly<Record<string, Buffer | string | 'hang'>>): Promise<LocalServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const content = files[path];
    if (content === undefined) response.writeHead(404).end();
    else if (content === 'hang') response.writeHead(200).write('begun');
    else response.writeHead(200, { 'content-length': Buffer.byteLength(content) }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
