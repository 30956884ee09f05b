import { expect } from 'vitest';

/** One error for people: said once, with what to do next, and nothing of our insides. */
export function expectOneError(stderr: string, says: RegExp): void {
  expect(stderr).toMatch(says);
  expect(stderr.match(/^(?:\d\d:\d\d:\d\d )?(?:Error: |\S+ failed after )/gm), stderr).toHaveLength(1);
  expect(stderr.match(/^(?:\d\d:\d\d:\d\d)? +→ /gm), stderr).toHaveLength(1);
  expect(stderr).not.toMatch(/^ +at .*[:(]\d+|node:internal|undefined/m);
}
