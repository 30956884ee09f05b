import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { Tags } from '../../src/model/image.ts';
import { amiName, keyPairName } from '../../src/model/names.ts';
import { ownerText } from '../../src/model/run-owner.ts';
import { fingerprintTag, reservationTags, runTags, subjectTags, TAG } from '../../src/model/tags.ts';
import type { Builders, Images } from '../../src/run/effects.ts';
import { amiId, fingerprint, imageName, PROJECT, version } from './builders.ts';

/** What a cloud has to offer to be put to the test: our interfaces, and the two things that Packer does. */
export interface CloudUnderTest extends AsyncDisposable {
  readonly images: Images;
  readonly builders: Builders;
  /** An instance, in the given security group where there is one. */
  launch(tags: Tags, securityGroup?: string): Promise<string>;
  makeImage(name: string, tags: Tags): Promise<string>;
}

let serial = 0;
/** An image of a name that no other test uses, since they share one account. */
function fresh() {
  serial += 1;
  const subject = {
    project: PROJECT,
    image: imageName(`api-${serial}`),
    version: version('1'),
    architecture: 'x86_64',
  } as const;
  const run = `20261120T120000-${serial.toString(16).padStart(6, '0')}` as RunId;
  return {
    subject,
    owner: { run, image: subject.image, architecture: subject.architecture },
    tags: runTags(subject, run),
    ami: amiName(subject.project, subject.image, subject.version, subject.architecture),
    keyPair: keyPairName(subject.project, subject.image, subject.version, subject.architecture),
  };
}

/** `fake-cloud.md` as tests, for the fake and for the real adapters. */
export function describeCloud(name: string, open: () => Promise<CloudUnderTest>): void {
  describe(name, () => {
    let cloud: CloudUnderTest;
    beforeAll(async () => {
      cloud = await open();
    });
    afterAll(() => cloud[Symbol.asyncDispose]());

    const listed = async (image: string) => cloud.images.list(PROJECT, imageName(image));
    const group = (one: ReturnType<typeof fresh>) =>
      cloud.builders.createSecurityGroup({
        name: `bake/${one.owner.run}`,
        description: `builder of ${one.ami}`,
        port: 22,
        cidrs: ['127.0.0.0/8', '::1/128'],
        tags: one.tags,
      });

    describe('a reservation', () => {
      test('is made once, and can be made again once it is released', async () => {
        const { keyPair, tags } = fresh();
        expect((await cloud.builders.reserve(keyPair, tags))?.privateKey).toMatch(/./);
        expect(await cloud.builders.reserve(keyPair, tags)).toBeUndefined();
        await cloud.builders.release(keyPair);
        expect(await cloud.builders.reserve(keyPair, tags)).toBeDefined();
      });

      test('is won by one of ten', async () => {
        const { keyPair, tags } = fresh();
        const all = await Promise.all(Array.from({ length: 10 }, () => cloud.builders.reserve(keyPair, tags)));
        expect(all.filter((key) => key !== undefined)).toHaveLength(1);
      });

      test('is told to everybody, and kept alive by its id', async () => {
        const { keyPair, tags, subject, owner } = fresh();
        const wants = fingerprint(keyPair);
        const me = { run: owner.run, host: 'ci-7.example', user: 'ann', pid: 4711, processes: 'boot pid:[4026531836]' };
        const mine = async () => (await cloud.builders.reservations(PROJECT)).filter(({ name }) => name === keyPair);
        const alive = '2026-11-20T12:02:00.000Z';
        const key = await cloud.builders.reserve(keyPair, { ...tags, ...reservationTags(wants, ownerText(me), alive) });
        const { image, version, architecture } = subject;
        const told = { id: key?.id, run: owner.run, wants, alive, image, version, architecture };
        expect(await mine()).toMatchObject([{ ...told, owner: { ...me, processes: 'boot_pid:_4026531836_' } }]);
        expect(Date.parse((await mine())[0]?.createdAt ?? '')).not.toBeNaN();
        const until = '2026-11-20T12:03:00.000Z';
        await cloud.builders.renew([key?.id ?? ''], { [TAG.alive]: until });
        expect(await mine()).toMatchObject([{ ...told, alive: until }]);
        await cloud.builders.release(keyPair);
        expect(await mine()).toEqual([]);
      });

      test('that is gone can be released', async () => {
        await expect(cloud.builders.release(fresh().keyPair)).resolves.toBeUndefined();
      });
    });

    describe('images', () => {
      test('of the project are listed newest first, with what their names and tags say', async () => {
        const { subject, ami } = fresh();
        const first = await cloud.makeImage(ami, subjectTags(subject));
        const second = await cloud.makeImage(amiName(PROJECT, subject.image, version('0'), 'x86_64'), {});
        await cloud.makeImage(`other/${subject.image}/1-x86_64`, {});
        await cloud.makeImage(`${PROJECT}/${subject.image}`, {});
        const found = await listed(subject.image);
        expect(found.map(({ imageId }) => imageId).sort()).toEqual([first, second].sort());
        expect(found.map(({ createdAt }) => createdAt)).toEqual(
          found
            .map(({ createdAt }) => createdAt)
            .sort()
            .reverse(),
        );
        const one = found.find(({ imageId }) => imageId === first);
        expect(one).toMatchObject({
          name: ami,
          version: '1',
          architecture: 'x86_64',
          markedBad: false,
          state: 'available',
        });
        expect(one?.tags[TAG.image]).toBe(subject.image);
        expect(one).not.toHaveProperty('fingerprint');
        expect(one?.snapshotIds).toEqual(await cloud.images.snapshotsOf(amiOf(first)));
      });

      test('tell their version by a tag, whatever their name', async () => {
        const { subject } = fresh();
        const tagged = (number: string) => subjectTags({ ...subject, version: version(number) });
        await cloud.makeImage(`copy of ${subject.image}`, tagged('7'));
        await cloud.makeImage(amiName(PROJECT, subject.image, version('8'), 'x86_64'), tagged('8'));
        await cloud.makeImage(amiName(PROJECT, subject.image, version('9'), 'x86_64'), {});
        await cloud.makeImage(`another ${subject.image}`, { ...tagged('10'), [TAG.project]: 'other' });
        const versions = await cloud.images.taggedVersions(PROJECT);
        expect([...(versions.get(subject.image) ?? [])].sort()).toEqual(['7', '8']);
      });

      test('are tagged again and again, key by key, with their snapshots', async () => {
        const { subject, ami } = fresh();
        const imageId = amiOf(await cloud.makeImage(ami, { team: 'a', stays: 'x' }));
        const resources = [imageId, ...(await cloud.images.snapshotsOf(imageId))];
        const tags = { team: 'b', ...fingerprintTag(fingerprint(ami)), [TAG.bad]: 'why' };
        for (const _ of [1, 2]) await cloud.images.tag(resources, tags);
        expect(await listed(subject.image)).toMatchObject([
          { fingerprint: fingerprint(ami), markedBad: true, tags: { team: 'b', stays: 'x' } },
        ]);
      });

      test('lose tags by key, also those that they do not have', async () => {
        const { subject, ami } = fresh();
        const imageId = amiOf(await cloud.makeImage(ami, { team: 'a', stays: 'x' }));
        for (const _ of [1, 2]) await cloud.images.untag([imageId], ['team', TAG.bad]);
        const [left] = await listed(subject.image);
        expect(left?.tags.stays).toBe('x');
        expect(left?.tags).not.toHaveProperty('team');
      });

      test('take IMDSv2 for good, also twice', async () => {
        const imageId = amiOf(await cloud.makeImage(fresh().ami, {}));
        for (const _ of [1, 2]) await cloud.images.requireImdsV2(imageId);
      });

      test('that are not there have no snapshots to name', async () => {
        await expect(cloud.images.snapshotsOf(amiId(0xdead))).rejects.toMatchObject({ code: 'image-not-found' });
      });
    });

    describe('leftovers', () => {
      test('are all that the bake made: instance, unfinished image, group and key', async () => {
        const one = fresh();
        const securityGroup = await group(one);
        await cloud.builders.reserve(one.keyPair, one.tags);
        const instance = await cloud.launch(one.tags, securityGroup);
        const image = await cloud.makeImage(one.ami, subjectTags(one.subject));
        const [snapshot] = await cloud.images.snapshotsOf(amiOf(image));
        const removed = await cloud.builders.removeLeftovers({ ...one.owner, amiName: one.ami });
        expect([...removed].sort()).toEqual(
          [
            `image ${image}`,
            `instance ${instance}`,
            `key pair ${one.keyPair}`,
            `security group ${securityGroup}`,
            `snapshot ${snapshot}`,
          ].sort(),
        );
        expect(await listed(one.subject.image)).toEqual([]);
        expect(await cloud.builders.removeLeftovers({ ...one.owner, amiName: one.ami })).toEqual([]);
        expect(await cloud.builders.reserve(one.keyPair, one.tags)).toBeDefined();
      });

      test('are not what a living bake of the same run has, nor a finished image', async () => {
        const one = fresh();
        const sibling = { ...one.owner, architecture: 'arm64' } as const;
        const siblingTags = runTags({ ...one.subject, architecture: 'arm64' }, one.owner.run);
        const instance = await cloud.launch(siblingTags);
        await cloud.builders.reserve(`${one.keyPair}-sibling`, siblingTags);
        await cloud.makeImage(one.ami, fingerprintTag(fingerprint('x')));
        expect(await cloud.builders.removeLeftovers({ ...one.owner, amiName: one.ami })).toEqual([]);
        expect(await listed(one.subject.image)).toHaveLength(1);
        expect(await cloud.builders.instancesOf(sibling)).toMatchObject([{ instanceId: instance }]);
      });

      test('but the reservation, where the same version is tried again', async () => {
        const one = fresh();
        await cloud.builders.reserve(one.keyPair, one.tags);
        const instance = await cloud.launch(one.tags);
        const removed = await cloud.builders.removeLeftovers({ ...one.owner, keepReservation: true });
        expect(removed).toEqual([`instance ${instance}`]);
        expect(await cloud.builders.reserve(one.keyPair, one.tags)).toBeUndefined();
      });

      test('of a finished bake are looked for without its image', async () => {
        const one = fresh();
        await cloud.makeImage(one.ami, {});
        expect(await cloud.builders.removeLeftovers({ ...one.owner, amiName: undefined })).toEqual([]);
        expect(await listed(one.subject.image)).toHaveLength(1);
      });
    });

    test('builders of a bake are its own, until they end', async () => {
      const one = fresh();
      expect(await cloud.builders.instancesOf(one.owner)).toEqual([]);
      const instance = await cloud.launch(one.tags);
      expect(await cloud.builders.instancesOf(one.owner)).toEqual([
        { instanceId: instance, address: expect.any(String) },
      ]);
      expect(await cloud.builders.instancesOf({ ...one.owner, architecture: 'arm64' })).toEqual([]);
      await cloud.builders.removeLeftovers(one.owner);
      expect(await cloud.builders.instancesOf(one.owner)).toEqual([]);
      expect(await cloud.builders.endOf(one.owner)).toBeUndefined();
    });
  });
}

const amiOf = (id: string) => id as Parameters<Images['snapshotsOf']>[0];
