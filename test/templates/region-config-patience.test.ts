import { expect, it } from 'vitest';
import { inLoader } from '../helpers/loader-module.ts';

/** Time that only pauses take, and an S3 that refuses for some of it. */
const SETUP = `
class Clock:
    gmtime, strftime, time = loader.time.gmtime, loader.time.strftime, loader.time.time
    now = 0
    def monotonic(self): return self.now
    def sleep(self, seconds): self.now += seconds

def gave_up(status, code, lasting, seed):
    """After how many seconds; None when it got through."""
    loader.time = clock = Clock()
    loader.random.seed(seed)
    deadline = loader.Deadline(loader.DEFAULTS["deadline"])
    bucket = loader.Bucket({"bucket": "b", "account": "1", "region": "r"}, "amazonaws.com", None, deadline)
    def ask():
        if clock.now < lasting:
            raise bucket._refusal(status, {}, "<Code>%s</Code>" % code, "s3://b/key")
    try:
        deadline.attempts(ask)
    except loader.Failure:
        return clock.now
`;

const gaveUp = async (status: number, code: string, lasting: number) =>
  (await inLoader('[gave_up(*data, seed) for seed in range(200)]', [status, code, lasting], SETUP)) as readonly (
    | number
    | null
  )[];

it.each([
  ['a role that is not known yet', 403, 'AccessDenied'],
  ['keys that are not known yet', 403, 'InvalidAccessKeyId'],
  ['objects that are not known yet', 404, 'NoSuchKey'],
  ['versions that are not known yet', 404, 'NoSuchVersion'],
])('gets over a first minute of %s, whatever its pauses', async (_, status, code) => {
  expect(new Set(await gaveUp(status, code, 60))).toEqual(new Set([null]));
});

it('gives up on what it is refused before its deadline', async () => {
  for (const seconds of await gaveUp(403, 'AccessDenied', 3600)) {
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThan(120);
  }
});

it('does not wait for a bucket that is not there', async () => {
  expect(new Set(await gaveUp(404, 'NoSuchBucket', 3600))).toEqual(new Set([0]));
});
