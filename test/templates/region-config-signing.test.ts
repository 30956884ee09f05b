import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inLoader } from '../helpers/loader-module.ts';

interface Vector {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signature: string;
}

const suite = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/sigv4/test-suite.json'), 'utf8'),
) as readonly Vector[];

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

interface Signing {
  readonly credentials: readonly [id: string, secret: string, token: string];
  readonly service: string;
  /** ISO. */
  readonly at: string;
}

function signed(vector: Omit<Vector, 'name' | 'signature'>, signing: Signing): Promise<unknown> {
  const { method, path, query, headers, body } = vector;
  const request = [
    method,
    path.split('/').map(encoded).join('/'),
    query.map((pair) => pair.map(encoded)),
    headers,
    sha256(body),
  ];
  const data = { request, ...signing, now: Date.parse(signing.at) / 1000 };
  return inLoader(
    'loader.signature([data["request"][0], data["request"][1], [tuple(q) for q in data["request"][2]], *data["request"][3:]], data["credentials"], "us-east-1", data["service"], data["now"])',
    data,
  );
}

const SUITE: Signing = {
  credentials: ['AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', ''],
  service: 'service',
  at: '2015-08-30T12:36:00Z',
};

test.each(suite)('signs $name as in the test suite of AWS', async ({ signature, ...vector }) => {
  const names = Object.keys(vector.headers).map((name) => name.toLowerCase());
  expect(await signed(vector, SUITE)).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names.sort().join(';')}, Signature=${signature}`,
  );
});

// From "Signature Calculations for the Authorization Header" in the API reference of S3.
const EMPTY = sha256('');
test.each([
  ['/test.txt', [], { Range: 'bytes=0-9' }, 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'],
  ['/', [['lifecycle', '']], {}, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  [
    '/',
    [
      ['max-keys', '2'],
      ['prefix', 'J'],
    ],
    {},
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
] as const)('signs the example of S3 for GET %s %j', async (path, query, headers, signature) => {
  const all = {
    Host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': '20130524T000000Z',
    ...headers,
  };
  const credentials = ['AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', ''] as const;
  const signing = { credentials, service: 's3', at: '2013-05-24T00:00:00Z' };
  expect(await signed({ method: 'GET', path, query, headers: all, body: '' }, signing)).toContain(
    `Signature=${signature}`,
  );
});
