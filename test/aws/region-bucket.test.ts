import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createRegionBucket } from '../../src/aws/region-bucket.ts';
import type { AccountId, Region } from '../../src/model/ids.ts';

/** Looks at a version in an S3 that answers the HEAD with this, and with no body, as none has one. */
async function look(status: number, headers: Readonly<Record<string, string>> = {}) {
  const server = createServer((_, response) => response.writeHead(status, headers).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' };
  const target = { account: '111122223333' as AccountId, region: 'eu-west-1' as Region, mode: 'copy' } as const;
  const bucket = createRegionBucket(
    { region: target.region, endpoint, credentials },
    { target, bucket: 'acme', tags: {} },
  );
  try {
    return await bucket.look('api/values.json', '3HL4');
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('looks at a version that is there', async () => {
  const headers = { 'x-amz-server-side-encryption': 'AES256' };
  expect(await look(200, headers)).toEqual({ encryption: { algorithm: 'AES256' } });
});

it.each([404, 405])('finds nothing by a HEAD that is a %d', async (status) => {
  expect(await look(status)).toBeUndefined();
});

it('tells a HEAD that is refused as a permission that is missing', async () => {
  await expect(look(403)).rejects.toMatchObject({
    code: 'access-denied',
    blame: 'user',
    details: ['AccessDenied: the answer gives no reason'],
  });
});

it('tells another status of a HEAD by its number', async () => {
  await expect(look(400)).rejects.toMatchObject({
    code: 'aws-call-failed',
    message: expect.stringContaining('status 400: the answer gives no reason'),
  });
});
