import { expect, it, test } from 'vitest';
import { hostKeysOnConsole, lastConsoleLines } from '../../src/model/console.ts';
import { formatTried, parseTried, type Tried } from '../../src/model/tried.ts';

const DIGEST = 'a'.repeat(64);

test.each<[Tried, string]>([
  [
    { result: 'passed', at: '2026-11-20T15:04:05.123Z', userData: undefined, tool: '0.2.0' },
    'passed 2026-11-20T15:04:05Z none 0.2.0',
  ],
  [
    { result: 'failed', at: '2026-11-20T15:04:05Z', userData: DIGEST, tool: '1.0.0-rc.1+build' },
    `failed 2026-11-20T15:04:05Z ${DIGEST} 1.0.0-rc.1+build`,
  ],
])('%j is the tag %s and back', (tried, tag) => {
  expect(formatTried(tried)).toBe(tag);
  expect(tag.length).toBeLessThanOrEqual(256);
  expect(parseTried(tag)).toEqual({ ...tried, at: '2026-11-20T15:04:05Z' });
});

test.each([
  '',
  'passed',
  'maybe 2026-11-20T15:04:05Z none 0.2.0',
  'passed yesterday none 0.2.0',
  'passed 2026-11-20T15:04:05Z abc 1',
])('%j is no such tag', (text) => {
  expect(parseTried(text)).toBeUndefined();
});

it('has the console’s last lines as a person would see them', () => {
  const console = 'one\r\n\r\n[\u001b[0;32m  OK  \u001b[0m] Started\u001b[K\r\n\u001b]0;title\u0007login: ';
  expect(lastConsoleLines(console, 2)).toEqual(['[  OK  ] Started', 'login:']);
  expect(lastConsoleLines('')).toEqual([]);
});

it('finds the host keys that cloud-init has printed last', () => {
  const block = (key: string) =>
    `[   30.1] ci-info: x\r\n-----BEGIN SSH HOST KEY KEYS-----\r\n[  30.2] ecdsa-sha2-nistp256 AAAAE2Vj${key}= root@ip\r\nssh-ed25519 AAAAC3Nz${key} root@ip\r\n-----END SSH HOST KEY KEYS-----\r\n`;
  expect(hostKeysOnConsole(`${block('old')}${block('new')}login:`)).toEqual([
    'ecdsa-sha2-nistp256 AAAAE2Vjnew=',
    'ssh-ed25519 AAAAC3Nznew',
  ]);
  expect(hostKeysOnConsole('-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA')).toEqual([]);
});
