import { DisableImageBlockPublicAccessCommand, EnableImageBlockPublicAccessCommand } from '@aws-sdk/client-ec2';
import { CreateAliasCommand, CreateKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPreflight } from '../../../src/aws/promotion/preflight.ts';
import { createSiteImages } from '../../../src/aws/promotion/site-images.ts';
import { NOT_SHARED } from '../../../src/model/channel.ts';
import type { AccountId, AmiId } from '../../../src/model/ids.ts';
import type { CopyRequest, ObservedImage } from '../../../src/model/promotion.ts';
import { REGION, sha256 } from '../../helpers/builders.ts';
import { available, makeAmi } from '../../helpers/make-ami.ts';
import { SandboxServer, until } from '../../helpers/sandbox-server.ts';
import { at, OTHER, SITE, sandboxSites } from '../../helpers/sites.ts';
import { quickWaiting } from '../../helpers/waiting.ts';

const THERE = 'eu-west-1';

let server: SandboxServer;
let sites: ReturnType<typeof sandboxSites>;
let source: AmiId;
let key: string;

const imagesAt = (region: string, account?: AccountId) =>
  createSiteImages(sites.open(region, account), quickWaiting(0));

beforeAll(async () => {
  server = await SandboxServer.start();
  sites = sandboxSites(server);
  source = await makeAmi(sites.open(REGION).ec2, 'acme/api/1-x86_64');
  await available(imagesAt(REGION), source);
  const { kms } = sites.open(THERE);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  key = KeyMetadata?.Arn ?? '';
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/images', TargetKeyId: key }));
});
afterAll(async () => {
  sites.close();
  await server[Symbol.asyncDispose]();
});

const request = (n: string, other: Partial<CopyRequest> = {}): CopyRequest => ({
  source,
  sourceRegion: REGION,
  name: `acme/api/${n}-x86_64`,
  attempt: 1,
  tags: { team: 'web' },
  clientToken: sha256(n),
  ...other,
});

it('is encrypted with the key of its region, and is otherwise as its source', async () => {
  const images = imagesAt(THERE);
  const copy = await available(images, await images.copy(request('secret', { kmsKey: 'alias/images' })));
  expect(copy.snapshots).toMatchObject([{ encrypted: true, kmsKey: key }]);
  const [original] = await imagesAt(REGION).states([source]);
  expect(original?.snapshots).toMatchObject([{ encrypted: false }]);
  expect(copy.traits).toEqual(original?.traits);
});

it('fails with the reason, is removed with its snapshots, and its name is free for the next attempt', async () => {
  const images = imagesAt(THERE);
  const bad = request('bad', { kmsKey: 'alias/nobody' });
  const imageId = await images.copy(bad);
  const failed = await until(
    async () => (await images.states([imageId])).find(({ state }) => state === 'failed'),
    10_000,
  );
  expect(failed.snapshots).toMatchObject([
    { state: 'error', message: expect.stringMatching(/^Given key ID is not accessible/) },
  ]);
  const next = { ...bad, kmsKey: 'alias/images', name: `${bad.name}@2`, clientToken: sha256('bad 2') };
  const second = await images.copy(next);
  await images.removeFailed(failed);
  const found = await images.find({ copiesOf: [], names: [bad.name], imageIds: [imageId] });
  expect(found.map((image) => image.imageId)).toEqual([second]);
});

it('is protected, with or without a cooldown, and not any more', async () => {
  const images = imagesAt(THERE);
  const imageId = await images.copy(request('kept'));
  await available(images, imageId);
  for (const protection of ['on', 'with-cooldown', 'off'] as const) {
    await images.protect(imageId, protection);
    expect(await images.states([imageId])).toMatchObject([{ deregistrationProtection: protection }]);
  }
});

it('is told from others when the region takes no more', async () => {
  await server.set('behaviour', { copySeconds: { 'us-west-2': 600 } });
  const images = imagesAt('us-west-2');
  const all = Array.from({ length: 20 }, (_, n) => images.copy(request(`many-${n}`)));
  const started = await Promise.all(all);
  await expect(images.copy(request('more'))).rejects.toMatchObject({ code: 'copy-quota' });
  expect(await images.copy(request('many-7'))).toBe(started[7]);
  const waited: readonly ObservedImage[] = await images.states(started);
  expect(new Set(waited.map(({ state }) => state))).toEqual(new Set(['pending']));
});

it('is refused to an account that may launch the source and not read its snapshots', async () => {
  await imagesAt(REGION).addLaunchPermissions(source, { ...NOT_SHARED, accounts: [OTHER] });
  await expect(imagesAt(THERE, OTHER).copy(request('launch-only'))).rejects.toMatchObject({
    message: expect.stringContaining('permission to access the storage'),
  });
});

it('cannot be public where the account blocks it, which the preflight says', async () => {
  const { ec2 } = sites.open(REGION);
  const preflight = createPreflight(sites, SITE.region, Date.now);
  const ask = async () => {
    const questions = { kmsKeys: [], deprecates: false, parameters: false, launchTemplates: [] };
    const found = await preflight.check(at(REGION), { ...questions, shares: 'with-everybody' });
    return found.find(({ check }) => check === 'block public access')?.status;
  };
  await ec2.send(new EnableImageBlockPublicAccessCommand({ ImageBlockPublicAccessState: 'block-new-sharing' }));
  expect(await ask()).toBe('refused');
  await ec2.send(new DisableImageBlockPublicAccessCommand({}));
  expect(await ask()).toBe('ok');
});
