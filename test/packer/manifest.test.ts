import { expect, test } from 'vitest';
import { amiInManifest, parseManifest } from '../../src/packer/manifest.ts';

const build = (artifact_id: unknown) => ({ name: 'image', builder_type: 'amazon-ebs', files: null, artifact_id });
const AMI = 'ami-0f07c0a17abb79be8';

test.each<[string, unknown, string | undefined]>([
  ['one AMI', { builds: [build(`eu-central-1:${AMI}`)], last_run_uuid: 'x' }, AMI],
  [
    'of an earlier run as well',
    { builds: [build(`us-east-1:${AMI}`), build('us-east-1:ami-00000000000000001')] },
    undefined,
  ],
  ['in two regions', { builds: [build(`eu-central-1:${AMI},us-east-1:ami-00000000000000001`)] }, undefined],
  ['no build', { builds: [] }, undefined],
  ['an artifact without an id', { builds: [build('')] }, undefined],
  ['no AMI', { builds: [build('eu-central-1:vol-1')] }, undefined],
  ['a null build', { builds: [null] }, undefined],
  ['builds that are no list', { builds: { a: 1 } }, undefined],
  ['another form', { version: 2 }, undefined],
  ['null', null, undefined],
  ['text', 'ok', undefined],
])('%s', (_, manifest, ami) => expect(parseManifest(JSON.stringify(manifest))).toBe(ami));

test.each(['', '{"builds": [', '<html>'])('garbage: %j', (text) => expect(parseManifest(text)).toBeUndefined());

test('a manifest that is not there names none', async () => {
  expect(await amiInManifest('/nonexistent/manifest.json')).toBeUndefined();
});
