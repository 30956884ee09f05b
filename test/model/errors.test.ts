import { describe, expect, test } from 'vitest';
import {
  BakeError,
  exitCodeOf,
  interrupted,
  summarise,
  systemError,
  unexpected,
  usage,
} from '../../src/model/errors.ts';

const coded = (code: string) => new BakeError({ code, message: code, blame: 'user' });

describe('exit codes', () => {
  test.each<[unknown, number]>([
    [coded('layer-failed'), 1],
    [usage('no such image'), 2],
    [coded('config-invalid'), 2],
    [coded('declined'), 3],
    [interrupted('SIGINT'), 130],
    [new Error('a bug'), 1],
    ['a string', 1],
  ])('%s', (error, code) => expect(exitCodeOf(error)).toBe(code));
});

test('a summary leaves out what is not there', () => {
  expect(summarise(coded('x'))).toEqual({ code: 'x', message: 'x', blame: 'user' });
  const full = new BakeError({ code: 'x', message: 'm', hint: 'h', details: ['d'], blame: 'cloud' });
  expect(summarise(full)).toEqual({ code: 'x', message: 'm', hint: 'h', details: ['d'], blame: 'cloud' });
});

test.each<[unknown, string]>([
  [new TypeError('x is not a function'), 'internal error: x is not a function'],
  ['thrown string', 'internal error: thrown string'],
  [undefined, 'internal error: undefined'],
])('what nobody foresaw is a bug of ours: %s', (thrown, message) => {
  expect(summarise(thrown)).toMatchObject({ code: 'unexpected', message, blame: 'bug' });
  expect(unexpected(thrown).cause).toBe(thrown);
});

test.each([
  ['ENOSPC', 'the disk is full: /var/x (write)'],
  ['EACCES', 'permission denied: /var/x (write)'],
  ['ENOENT', 'no such file or folder: /var/x (write)'],
])("%s is the system's and not a bug", (code, message) => {
  const error = Object.assign(new Error(code), { code, path: '/var/x', syscall: 'write' });
  expect(summarise(error)).toMatchObject({ code: 'system', message, blame: 'user' });
});

test('other errors of Node are left as they are', () => {
  const error = Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' });
  expect(systemError(error)).toBe(error);
});
