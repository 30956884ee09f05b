import { afterAll, beforeAll, it } from 'vitest';
import { FAILING_LIMIT, FailingCalls, failingOnce } from '../../helpers/failing-calls.ts';
import { sampled } from '../../helpers/sampled.ts';

/** In `npm test`. */
const SAMPLE = 5;

let failing: FailingCalls;
beforeAll(async () => {
  failing = await FailingCalls.start();
});
afterAll(() => failing[Symbol.asyncDispose]());

it(
  'with any call failing once, a promotion finishes or stops with pointers unmoved, and the next run finishes',
  () => failing.tryAll(sampled(failingOnce(failing.points), SAMPLE, 'faults of one call'), 'failing once'),
  FAILING_LIMIT,
);
