import { afterAll, beforeAll, it } from 'vitest';
import { FAILING_LIMIT, FailingCalls, failingForEver } from '../../helpers/failing-calls.ts';
import { sampled } from '../../helpers/sampled.ts';

/** In `npm test`. */
const SAMPLE = 3;

let failing: FailingCalls;
beforeAll(async () => {
  failing = await FailingCalls.start();
});
afterAll(() => failing[Symbol.asyncDispose]());

it(
  'with any kind of call failing for ever, a promotion finishes or stops with pointers unmoved, and the next run finishes',
  () => failing.tryAll(sampled(failingForEver(failing.points), SAMPLE, 'lasting faults'), 'failing for ever'),
  FAILING_LIMIT,
);
