import { describe, expect, test } from 'vitest';
import type { Thing } from '../../../src/model/sweep.ts';
import { TAG } from '../../../src/model/tags.ts';
import { belongings, isStillLeft } from '../../../src/plan/sweep/ours.ts';
import { PROJECT } from '../../helpers/builders.ts';
import {
  aCopy,
  aGroup,
  aKeyPair,
  anImage,
  anInstance,
  aSnapshot,
  aVolume,
  FINISHED,
  KEY_NAME,
  OF_RUN,
  OLD_RUN,
  SITE,
  SUBJECT,
  TRIAL_NAME,
} from '../../helpers/sweep-things.ts';

const claims = (...things: readonly Thing[]) =>
  Object.fromEntries(
    belongings(PROJECT, SITE, things).map(({ leftover: { id, why, run } }) => [
      id,
      run === undefined ? why : `${why} ${run}`,
    ]),
  );

const OTHERS = { [TAG.project]: 'other' };
const RAN = `run ${OLD_RUN}`;

describe('of a run', () => {
  test('is whatever says so in its tags', () => {
    expect(claims(anInstance(), aVolume(), aGroup(), aKeyPair(), aCopy({ name: TRIAL_NAME, tags: OF_RUN }))).toEqual({
      'i-1': RAN,
      'vol-1': RAN,
      'sg-1': RAN,
      [KEY_NAME]: RAN,
      'ami-1': RAN,
    });
  });

  test.each<[string, Thing]>([
    ['has ended', anInstance({ ended: true })],
    ['is of another project', anInstance({ tags: { ...OF_RUN, ...OTHERS } })],
    ['names no project', anInstance({ tags: { [TAG.run]: OLD_RUN } })],
    ['names no run, as what users launch from an image does', anInstance({ tags: FINISHED })],
    ['has a run that is none', anInstance({ tags: { ...OF_RUN, [TAG.run]: 'mine' } })],
    ['is attached to a machine of somebody', aVolume({ attachedTo: ['i-77'] })],
    ['is a group of another name', aGroup({ name: 'web' })],
    ['is a group of another project', aGroup({ name: 'bake/other/api', tags: { ...OF_RUN, ...OTHERS } })],
    ['is a key pair of another name', aKeyPair({ name: 'ann' })],
    ['is a key pair without tags', aKeyPair({ tags: {} })],
    ['is an AMI of another name', aCopy({ name: 'golden', tags: OF_RUN })],
  ])('is nothing that %s', (_, thing) => {
    expect(claims(thing)).toEqual({});
  });

  test('is a volume of its own machine', () => {
    expect(claims(anInstance(), aVolume({ attachedTo: ['i-1'] }))).toHaveProperty('vol-1');
  });
});

describe('unfinished', () => {
  test('is an AMI of a bake without a fingerprint, in any state', () => {
    expect(claims(anImage())).toEqual({ 'ami-1': 'unfinished' });
    expect(claims(anImage({ state: 'failed' }))).toEqual({ 'ami-1': 'unfinished' });
  });

  test('is of the run that has reserved its version, or made its machine', () => {
    expect(claims(anImage(), aKeyPair())['ami-1']).toBe(`unfinished ${OLD_RUN}`);
    expect(claims(anImage({ instance: 'i-1' }), anInstance({ ended: true }))['ami-1']).toBe(`unfinished ${OLD_RUN}`);
  });

  test('is one without tags, where its reservation or its machine is there', () => {
    expect(claims(anImage({ tags: {} }), aKeyPair())['ami-1']).toBe(`unfinished ${OLD_RUN}`);
    expect(claims(anImage({ tags: {}, instance: 'i-1' }), anInstance())['ami-1']).toBe(`unfinished ${OLD_RUN}`);
    expect(claims(anImage({ tags: {} }))).toEqual({});
    expect(claims(anImage({ tags: {} }), aKeyPair({ tags: {} }))).toEqual({});
  });

  test.each<[string, Thing]>([
    ['is finished', anImage({ tags: FINISHED })],
    ['is of another project', anImage({ tags: { ...SUBJECT, ...OTHERS } })],
    ['has another name', anImage({ name: 'acme golden' })],
    ['has a name that its tags contradict', anImage({ name: 'acme/api/2-x86_64' })],
    ['is a copy by hand, whose tags are not there', aCopy({ tags: {} })],
    ['is a copy by hand, whose fingerprint is not there', aCopy({ tags: SUBJECT })],
    ['was registered by hand', { ...aCopy({ tags: SUBJECT }), copied: false } as Thing],
  ])('is none that %s', (_, thing) => {
    expect(claims(thing)).toEqual({});
  });
});

describe('a copy', () => {
  test('that failed goes, whatever attempt it was', () => {
    expect(claims(aCopy({ state: 'failed' }))).toEqual({ 'ami-1': 'failed-copy' });
    expect(claims(aCopy({ state: 'error', name: 'acme/api/1-x86_64@3' }))).toEqual({ 'ami-1': 'failed-copy' });
  });

  test.each(['available', 'pending', 'disabled'] as const)('that is %s stays', (state) => {
    expect(claims(aCopy({ state }), aSnapshot())).toEqual({});
  });

  test('that failed and is not ours stays', () => {
    expect(claims(aCopy({ state: 'failed', tags: {} }))).toEqual({});
    expect(claims(aCopy({ state: 'failed', tags: { ...FINISHED, ...OTHERS } }))).toEqual({});
    expect(claims(aCopy({ state: 'failed', name: 'golden' }))).toEqual({});
  });
});

describe('a snapshot', () => {
  test('goes with its AMI, tagged or not', () => {
    expect(claims(anImage(), aSnapshot({ tags: {}, inUse: true }))).toEqual({
      'ami-1': 'unfinished',
      'snap-1': 'unfinished',
    });
    expect(claims(aCopy({ state: 'failed' }), aSnapshot())['snap-1']).toBe('failed-copy');
  });

  test('whose AMI is gone goes', () => {
    expect(claims(aSnapshot())).toEqual({ 'snap-1': 'no-image' });
    expect(claims(aSnapshot(), aKeyPair())['snap-1']).toBe(`no-image ${OLD_RUN}`);
    expect(claims(aSnapshot({ tags: OF_RUN, madeFor: { image: 'ami-1' } }))['snap-1']).toBe(`no-image ${OLD_RUN}`);
  });

  test('without tags needs the machine that it was made of', () => {
    const bare = aSnapshot({ tags: {}, madeFor: { image: 'ami-1', instance: 'i-1' } });
    expect(claims(bare, anInstance({ ended: true }))['snap-1']).toBe(`no-image ${OLD_RUN}`);
    expect(claims(bare)).toEqual({});
  });

  test.each<[string, readonly Thing[]]>([
    ['a finished AMI has', [anImage({ tags: FINISHED }), aSnapshot()]],
    ['an AMI of another name has', [aSnapshot({ inUse: true })]],
    ['is of another project', [aSnapshot({ tags: { ...SUBJECT, ...OTHERS } })]],
    ['somebody made by hand', [(({ madeFor: _, ...snapshot }) => snapshot)(aSnapshot())]],
  ])('stays that %s', (_, things) => {
    expect(claims(...things)).toEqual({});
  });
});

test('an AMI that was finished after it was listed is left', () => {
  expect(isStillLeft({ why: 'unfinished' }, anImage())).toBe(true);
  expect(isStillLeft({ why: 'unfinished' }, anImage({ tags: FINISHED }))).toBe(false);
  expect(isStillLeft({ why: 'failed-copy' }, aCopy())).toBe(false);
  expect(isStillLeft({ why: 'failed-copy' }, aCopy({ state: 'failed' }))).toBe(true);
});
