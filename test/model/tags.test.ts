import { expect, test } from 'vitest';
import { fingerprintTag, provenanceTags, runTags, subjectTags, TAG } from '../../src/model/tags.ts';
import { amiId, fingerprint, imageName, type PROJECT, RUN, sha256, version } from '../helpers/builders.ts';

const longest = {
  project: 'p'.repeat(32) as typeof PROJECT,
  image: imageName('i'.repeat(32)),
  version: version('v'.repeat(48)),
  architecture: 'x86_64',
} as const;
const full = {
  ...subjectTags(longest),
  ...provenanceTags({
    nonce: RUN,
    parent: `${longest.image}/${longest.version}`,
    parentAmi: amiId(1),
    sourceAmi: amiId(2),
    sourceName: 's'.repeat(128),
    commit: 'c'.repeat(64),
    inputGroups: 'g'.repeat(256),
    recordDigest: sha256(''),
  }),
  ...fingerprintTag(fingerprint('x')),
};

test('all of ours on one image leave 35 for users, and one for the mark that it is bad', () => {
  expect(Object.keys(full).length + 1).toBeLessThanOrEqual(50 - 35);
});

test('keys and values keep to what EC2 takes', () => {
  for (const [key, value] of Object.entries({ ...full, ...runTags(longest, RUN) })) {
    expect(key === 'Name' || key.startsWith('bake:')).toBe(true);
    expect(key.length).toBeLessThanOrEqual(128);
    expect(value.length).toBeLessThanOrEqual(256);
  }
});

test('the fingerprint is in none but its own tag: it publishes the image', () => {
  const { [TAG.fingerprint]: _, ...others } = full;
  expect(Object.keys(others)).not.toContain(TAG.fingerprint);
  expect(Object.keys({ ...subjectTags(longest), ...runTags(longest, RUN) })).not.toContain(TAG.fingerprint);
});

test('the run is on temporary things only', () => {
  expect(runTags(longest, RUN)).toHaveProperty([TAG.run], RUN);
  expect(Object.keys(full)).not.toContain(TAG.run);
});

test('what is not known has no tag', () => {
  expect(provenanceTags({ inputGroups: 'layers=1' })).toEqual({ [TAG.inputs]: 'layers=1' });
});
