import { describe, expect, test } from 'vitest';
import type { AccountId, ChannelName } from '../../../src/model/ids.ts';
import type { ChannelMove, ChannelState } from '../../../src/run/promote-effects.ts';
import { createChannelStates } from '../../../src/run/state/channel-states.ts';
import { createTaggedStates } from '../../../src/run/state/tagged-states.ts';
import { imageName, PROJECT, REGION } from '../../helpers/builders.ts';
import { FakeBucket } from '../../helpers/fake-bucket.ts';
import { FakeCloud } from '../../helpers/fake-cloud.ts';

const PROD = 'prod' as ChannelName;
const API = imageName('api');

const move = (minute: number, imageVersion: string, other: Partial<ChannelMove> = {}): ChannelMove => ({
  imageVersion,
  action: 'promote',
  amis: {},
  at: new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString(),
  by: 'arn:aws:iam::111122223333:user/alice',
  run: 'r',
  finished: true,
  ...other,
});
const state = (...moves: readonly ChannelMove[]): ChannelState => ({ version: 1, channel: PROD, image: API, moves });

describe('in the bucket', () => {
  const of = { target: { account: '111122223333' as AccountId, region: REGION }, bucket: 'acme-state' };
  const open = (bucket = new FakeBucket(), prefix = '') => {
    return { bucket, states: createChannelStates({ project: PROJECT, of, prefix, bucket: bucket.effects }) };
  };
  const KEY = 'channels/prod/api.json';

  test('there is nothing at first, and then what was written', async () => {
    const { bucket, states } = open(undefined, 'web/');
    expect(await states.read(PROD, API)).toBeUndefined();
    expect(await states.write(state(move(1, '1')), undefined)).toBe(true);
    expect([...bucket.objects.keys()]).toEqual([`web/${KEY}`]);
    expect((await states.read(PROD, API))?.state).toEqual(state(move(1, '1')));
  });

  test('of several who write over the same, one does', async () => {
    const { states } = open();
    await states.write(state(move(1, '1')), undefined);
    const { etag } = (await states.read(PROD, API)) ?? {};
    const all = await Promise.all(['2', '3', '4'].map((version) => states.write(state(move(2, version)), etag)));
    expect(all.sort()).toEqual([false, false, true]);
    expect(await states.write(state(move(1, '5')), undefined)).toBe(false);
  });

  test('the last 200 moves are kept', async () => {
    const { states } = open();
    const moves = Array.from({ length: 250 }, (_, n) => move(n, `${n}`));
    await states.write(state(...moves), undefined);
    expect((await states.read(PROD, API))?.state.moves).toEqual(moves.slice(0, 200));
  });

  test.each<[string, string, string, string]>([
    ['of a newer bake', '{"version":2}', 'is of version 2, and this bake reads version 1', 'install that one here too'],
    ['that is none', '<html>', 'is nothing that this bake can read', 'older version of the object'],
    ['null', 'null', 'is nothing that this bake can read', 'older version of the object'],
    ['with a broken move', JSON.stringify(state({} as ChannelMove)), 'is nothing that', 'older version of the object'],
    [
      'of another image',
      JSON.stringify({ ...state(), image: 'worker' }),
      'is the state of worker in channel prod',
      'older version of the object',
    ],
  ])('a state %s is refused, and says what to do', async (_, text, message, hint) => {
    const { bucket, states } = open();
    bucket.put({ key: KEY, content: Buffer.from(text) });
    await expect(states.read(PROD, API)).rejects.toMatchObject({
      code: 'state-unreadable',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });
});

describe('in tags', () => {
  async function open() {
    const cloud = new FakeCloud();
    const make = (version: string, architecture: string) =>
      cloud.makeFinishedImage(`acme/api/${version}-${architecture}`);
    const amis = (version: string) => ({ x86_64: make(version, 'x86_64'), arm64: make(version, 'arm64') });
    const [one, two] = [amis('1'), amis('2')];
    cloud.makeFinishedImage('acme/worker/1-x86_64');
    return { cloud, one, two, states: createTaggedStates(cloud.images, PROJECT) };
  }
  const anonymous = { by: '', run: '' };

  test('the newest says what the channel holds, and each version has its last move', async () => {
    const { one, two, states } = await open();
    expect(await states.read(PROD, API)).toBeUndefined();
    const first = move(1, '1', { amis: one, ...anonymous });
    const second = move(2, '2', { amis: two, finished: false, ...anonymous });
    await states.write(state(first), undefined);
    await states.write(state(second, first), '');
    expect((await states.read(PROD, API))?.state.moves).toEqual([second, first]);
    const finished = { ...second, finished: true };
    await states.write(state(finished, first), '');
    expect((await states.read(PROD, API))?.state.moves).toEqual([finished, first]);
    const back = { ...first, ...move(3, '1', anonymous), amis: one, action: 'rollback' } as const;
    await states.write(state(back, finished, first), '');
    expect((await states.read(PROD, API))?.state.moves).toEqual([back, finished]);
    expect(await states.read('staging' as ChannelName, API)).toBeUndefined();
    expect(await states.read(PROD, imageName('worker'))).toBeUndefined();
  });

  test('what was taken back is no move any more', async () => {
    const { cloud, one, two, states } = await open();
    const first = move(1, '1', { amis: one, ...anonymous });
    const failed = move(2, '2', { amis: two, finished: false, ...anonymous });
    await states.write(state(failed), undefined);
    await states.write(state(), '');
    expect(await states.read(PROD, API)).toBeUndefined();
    await states.write(state(first), undefined);
    await states.write(state(failed, first), '');
    await states.write(state(first), '');
    expect((await states.read(PROD, API))?.state.moves).toEqual([first]);
    expect(Object.keys(cloud.tags(two.x86_64))).toEqual(['bake:fingerprint']);
  });
});
