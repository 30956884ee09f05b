import { expect, test } from 'vitest';
import { type Manifest, manifestText, parseManifest } from '../../src/model/region-manifest.ts';

const DIGEST = 'a'.repeat(64);
const OBJECT = { name: 'values.json', key: 'api/values.json', versionId: 'v1', sha256: DIGEST, size: 2 };
const MANIFEST = {
  version: 1,
  image: 'api',
  serial: 7,
  created: '2026-11-20T16:00:00Z',
  content: DIGEST,
  objects: [OBJECT],
} as unknown as Manifest;

test.each([MANIFEST, { ...MANIFEST, rollbackOf: 5 }])('is read as it was written', (manifest) =>
  expect(parseManifest(manifestText(manifest))).toEqual(manifest),
);

test.each<[string, unknown]>([
  ['of a newer version', { ...MANIFEST, version: 2 }],
  ['without its objects', { ...MANIFEST, objects: undefined }],
  ['with a serial that is text', { ...MANIFEST, serial: '7' }],
  ['with a digest that is none', { ...MANIFEST, content: 'a' }],
  ['with an object that has no version', { ...MANIFEST, objects: [{ ...OBJECT, versionId: null }] }],
  ['with an object of a negative size', { ...MANIFEST, objects: [{ ...OBJECT, size: -1 }] }],
  ['with text for an object', { ...MANIFEST, objects: ['values.json'] }],
])('%s it is none', (_, written) => expect(parseManifest(JSON.stringify(written))).toBeUndefined());

test.each(['', '{"version":1', 'null', '[]'])('nor is %j', (text) => expect(parseManifest(text)).toBeUndefined());
