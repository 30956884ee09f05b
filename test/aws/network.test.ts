import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { ownCidr } from '../../src/aws/network.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A service that answers with this text. */
async function answering(text: string): Promise<string> {
  server = createServer((_, response) => response.end(text));
  const listening = server;
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  const address = listening.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

describe('the public address of this machine', () => {
  const signal = new AbortController().signal;

  test.each([
    ['192.0.2.7\n', '192.0.2.7/32'],
    ['2001:db8::7\n', '2001:db8::7/128'],
  ])('%j', async (text, cidr) => expect(await ownCidr(signal, await answering(text))).toBe(cidr));

  test.each(['', '<html>portal</html>', '0.0.0.0/0', '1.2.3'])('is not %j', async (text) => {
    await expect(ownCidr(signal, await answering(text))).rejects.toMatchObject({
      code: 'public-address-unknown',
      hint: expect.stringContaining('allowedCidrs'),
    });
  });

  test('is not known where nobody answers', async () => {
    await expect(ownCidr(signal, 'http://127.0.0.1:1')).rejects.toMatchObject({ code: 'public-address-unknown' });
  });

  test('is not waited for once interrupted', async () => {
    const reason = new Error('interrupted');
    await expect(ownCidr(AbortSignal.abort(reason), 'http://127.0.0.1:1')).rejects.toBe(reason);
  });
});
