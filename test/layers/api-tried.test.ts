import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { packageFile } from '../../src/setup/paths.ts';

/** How the example's own test ends where the service says this of a flag that is not there. */
async function ends(missing: number): Promise<number | undefined> {
  const flags = new Map<string, string>();
  const answers: Readonly<Record<string, (name: string) => string | undefined>> = {
    GET: (name) => flags.get(name),
    PUT: (name) => {
      flags.set(name, 'true');
      return 'true';
    },
    DELETE: (name) => String(flags.delete(name)),
  };
  const server = createServer(({ method = '', url = '' }, response) => {
    const fixed = { '/healthz': 'ok', '/v1/config': '{"log": {"level": "info"}}' }[url];
    const answer = fixed ?? answers[method]?.(url);
    response.writeHead(answer === undefined ? missing : 200).end(answer);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const env = { BAKE_VAR_httpPort: String((server.address() as AddressInfo).port) };
    return (await execa('sh', [packageFile('layers/api/test/10-healthz')], { env, reject: false })).exitCode;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('takes a flag for missing only where the service says so', async () => {
  expect(await ends(404)).toBe(0);
  expect(await ends(403)).not.toBe(0);
});
