import type { SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { createPointers } from '../../../src/aws/promotion/pointers.ts';
import type { Waiting } from '../../../src/aws/promotion/waiting.ts';
import { amiId } from '../../helpers/builders.ts';
import { awsFailure, scriptedEc2 } from '../../helpers/scripted-ec2.ts';
import { SITE } from '../../helpers/sites.ts';
import { quickWaiting } from '../../helpers/waiting.ts';

interface Held {
  readonly Value: string;
  readonly Version: number;
  readonly DataType?: string;
}

interface Ssm {
  /** What the parameter says at each look; the last one for good. */
  readonly looks: readonly (Held | undefined)[];
  readonly version: number;
  /** As EC2 shows the image; undefined: not at all. */
  readonly state?: string;
  readonly waiting?: Waiting;
}

/** Pointers of an SSM that answers a write at once, and looks at the value later. */
function lateSsm({ looks, version, state, waiting = quickWaiting() }: Ssm) {
  const left = [...looks];
  let writes = 0;
  const send = async ({ constructor: { name } }: object) => {
    if (name === 'PutParameterCommand') {
      writes++;
      return { Version: version };
    }
    const Parameter = left.length > 1 ? left.shift() : left[0];
    if (Parameter === undefined) throw awsFailure('ParameterNotFound');
    return { Parameter };
  };
  const images = state === undefined ? [] : [{ ImageId: amiId(2), State: state }];
  const { client: ec2 } = scriptedEc2({ DescribeImages: () => ({ Images: images }) });
  const ssm = { send } as unknown as SSMClient;
  const pointers = createPointers({ ...SITE, mode: 'copy' }, { connection: SITE, ec2, ssm }, waiting);
  return { pointers, writes: () => writes };
}

const OLD: Held = { Value: amiId(1), Version: 4 };
const NEW: Held = { Value: amiId(2), Version: 5 };
const { signal } = new AbortController();

it('is written when value and version are there, and not before', async () => {
  const waiting = quickWaiting();
  const stale: Held = { ...NEW, Version: 3 };
  const { pointers, writes } = lateSsm({ looks: [OLD, OLD, stale, NEW], version: 5, waiting });
  await pointers.writeParameter('/acme/api', amiId(2), signal);
  expect(waiting.slept).toEqual([500, 500, 1000]);
  expect(writes()).toBe(1);
});

it.each([
  [undefined, /bake verify/, 'shows no'],
  ['available', /may only be slow/, 'is available'],
  ['disabled', /must be available/, 'is disabled'],
])('is not accepted, and says so: the image is %s', async (state, hint, detail) => {
  const { pointers } = lateSsm({ looks: [OLD], version: 5, ...(state === undefined ? {} : { state }) });
  await expect(pointers.writeParameter('/acme/api', amiId(2), signal)).rejects.toMatchObject({
    code: 'pointer-not-accepted',
    message: `SSM in ${SITE.account}/${SITE.region} has not taken ${amiId(2)} for the parameter /acme/api: it says ${amiId(1)}`,
    hint: expect.stringMatching(hint),
    details: [expect.stringContaining(detail)],
  });
});

it('is not accepted where there was none', async () => {
  const { pointers } = lateSsm({ looks: [undefined], version: 1 });
  await expect(pointers.writeParameter('/acme/api', amiId(2), signal)).rejects.toMatchObject({
    message: expect.stringContaining('there is no such parameter yet'),
  });
});

it('is left alone when it was asked to stop', async () => {
  const stop = new AbortController();
  const reason = new Error('lease lost');
  stop.abort(reason);
  const { pointers, writes } = lateSsm({ looks: [OLD], version: 5 });
  await expect(pointers.writeParameter('/acme/api', amiId(2), stop.signal)).rejects.toMatchObject({ cause: reason });
  expect(writes()).toBe(0);
});

it('is waited for when it is asked to stop too late: what it says before that is not what it will say', async () => {
  const stop = new AbortController();
  const quick = quickWaiting();
  const sleep = (milliseconds: number, until: AbortSignal) => {
    stop.abort(new Error('another pointer failed'));
    return quick.clock.sleep(milliseconds, until);
  };
  const waiting = { ...quick, clock: { ...quick.clock, sleep } };
  const { pointers } = lateSsm({ looks: [OLD, OLD, OLD, NEW], version: 5, waiting });
  await pointers.writeParameter('/acme/api', amiId(2), stop.signal);
  expect(quick.slept).toHaveLength(3);
});
