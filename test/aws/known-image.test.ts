import type { Image } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { knownImageOf } from '../../src/aws/known-image.ts';
import { TAG } from '../../src/model/tags.ts';
import { amiId, fingerprint } from '../helpers/builders.ts';

const AMI: Image = {
  ImageId: amiId(7),
  Name: 'acme/api/1.4.2-arm64',
  State: 'available',
  CreationDate: '2026-11-20T12:00:00.000Z',
  RootDeviceName: '/dev/xvda',
  BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: 'snap-1' } }, { VirtualName: 'ephemeral0' }],
};
const withTags = (tags: Record<string, string>) => ({
  ...AMI,
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});

test('an image that has only its name yet', () => {
  expect(knownImageOf('acme', AMI)).toEqual({
    imageId: amiId(7),
    name: AMI.Name,
    state: 'available',
    createdAt: AMI.CreationDate,
    image: 'api',
    version: '1.4.2',
    architecture: 'arm64',
    markedBad: false,
    snapshotIds: ['snap-1'],
    rootDeviceName: '/dev/xvda',
    tags: {},
  });
});

test('a finished one says where it comes from', () => {
  const tags = {
    [TAG.fingerprint]: fingerprint('x'),
    [TAG.nonce]: 'n',
    [TAG.parent]: 'base/1',
    [TAG.parentAmi]: amiId(1),
    [TAG.sourceAmi]: amiId(2),
    [TAG.sourceName]: 'debian',
    [TAG.commit]: 'c0ffee',
    [TAG.record]: 'digest',
    [TAG.inputs]: 'layers=1',
    [TAG.bad]: '',
  };
  expect(knownImageOf('acme', withTags(tags))).toMatchObject({
    fingerprint: fingerprint('x'),
    nonce: 'n',
    parent: 'base/1',
    parentImageId: amiId(1),
    sourceAmi: amiId(2),
    sourceName: 'debian',
    commit: 'c0ffee',
    recordDigest: 'digest',
    inputGroups: 'layers=1',
    markedBad: true,
    tags,
  });
});

test('the name decides, not a tag that somebody has changed', () => {
  const tags = {
    [TAG.image]: 'other',
    [TAG.version]: '9',
    [TAG.architecture]: 'x86_64',
    [TAG.fingerprint]: 'no digest',
  };
  const known = knownImageOf('acme', withTags(tags));
  expect(known).toMatchObject({ image: 'api', version: '1.4.2', architecture: 'arm64' });
  expect(known).not.toHaveProperty('fingerprint');
});

describe('none of ours', () => {
  test.each<[string, object]>([
    ['another project', { ...AMI, Name: 'other/api/1-arm64' }],
    ['another scheme', { ...AMI, Name: 'acme/api' }],
    ['no name', { ...AMI, Name: undefined }],
    ['no id', { ...AMI, ImageId: undefined }],
  ])('%s', (_, ami) => expect(knownImageOf('acme', ami)).toBeUndefined());
});
