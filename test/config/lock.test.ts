import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatLock, LOCK_FILE, parseLock, readLock, writeLock } from '../../src/config/lock.ts';
import { parseAmiId } from '../../src/model/ids.ts';
import type { ResolvedSourceAmi } from '../../src/model/known-image.ts';
import type { SourceLock } from '../../src/model/source-lock.ts';
import { errorOf, projectWith } from './project.ts';

const ami = (digit: string): ResolvedSourceAmi => ({
  imageId: parseAmiId(`ami-${digit.repeat(17)}`) as ResolvedSourceAmi['imageId'],
  name: `debian-12-amd64-${digit}`,
  owner: '136693071363',
  creationDate: '2026-11-01T00:00:00.000Z',
  rootDeviceName: '/dev/xvda',
});

const LOCK: SourceLock = {
  version: 1,
  sourceAmis: {
    'ubuntu:24.04': { 'us-east-1': { x86_64: ami('3') } },
    'debian:12': { 'us-east-1': { x86_64: ami('2'), arm64: ami('1') } },
  },
};

test('is sorted, and reads back as it was', () => {
  const text = formatLock(LOCK);
  expect(parseLock(text, 'x')).toEqual(LOCK);
  expect(text).toMatchInlineSnapshot(`
    "{
      "sourceAmis": {
        "debian:12": {
          "us-east-1": {
            "arm64": {
              "creationDate": "2026-11-01T00:00:00.000Z",
              "imageId": "ami-11111111111111111",
              "name": "debian-12-amd64-1",
              "owner": "136693071363",
              "rootDeviceName": "/dev/xvda"
            },
            "x86_64": {
              "creationDate": "2026-11-01T00:00:00.000Z",
              "imageId": "ami-22222222222222222",
              "name": "debian-12-amd64-2",
              "owner": "136693071363",
              "rootDeviceName": "/dev/xvda"
            }
          }
        },
        "ubuntu:24.04": {
          "us-east-1": {
            "x86_64": {
              "creationDate": "2026-11-01T00:00:00.000Z",
              "imageId": "ami-33333333333333333",
              "name": "debian-12-amd64-3",
              "owner": "136693071363",
              "rootDeviceName": "/dev/xvda"
            }
          }
        }
      },
      "version": 1
    }
    "
  `);
});

test('is replaced at once and left alone when nothing changes', async () => {
  await using project = await projectWith({ here: '' });
  const file = join(project.root, LOCK_FILE);
  expect(await readLock(file)).toEqual({ version: 1, sourceAmis: {} });
  await writeLock(file, LOCK);
  expect(await readLock(file)).toEqual(LOCK);
  const before = await stat(file, { bigint: true });
  await writeLock(file, LOCK);
  expect((await stat(file, { bigint: true })).ino).toBe(before.ino);
  await writeLock(file, { version: 1, sourceAmis: {} });
  expect(await readFile(file, 'utf8')).toBe('{\n  "sourceAmis": {},\n  "version": 1\n}\n');
  expect((await readdir(project.root)).sort()).toEqual([LOCK_FILE, 'here']);
});

describe('lock-unreadable', () => {
  test.each([
    ['a merge conflict', '<<<<<<< HEAD\n{}', 'Unexpected token', 'Restore it from version control'],
    ['another version', '{"version":2}', 'its version is 2; this bake reads version 1', 'Update bake'],
    ['no version', '{}', 'its version is undefined', 'Restore it'],
    ['no object', '[]', 'its version is undefined', 'Restore it'],
    ['no pins', '{"version":1}', 'sourceAmis: is required', 'Restore it'],
    [
      'a strange id',
      '{"version":1,"sourceAmis":{"al2023":{"us-east-1":{"x86_64":{"imageId":"ami-x"}}}}}',
      'sourceAmis.al2023.us-east-1.x86_64.imageId: "ami-x" is not an AMI id',
      'Restore it',
    ],
    [
      'a strange architecture',
      '{"version":1,"sourceAmis":{"al2023":{"us-east-1":{"amd64":{}}}}}',
      'sourceAmis.al2023.us-east-1.amd64: unknown key; keys here are x86_64, arm64',
      'Restore it',
    ],
  ])('%s', async (_, text, detail, hint) => {
    await using project = await projectWith({ [LOCK_FILE]: text });
    const error = await errorOf(readLock(join(project.root, LOCK_FILE)));
    expect(error.code).toBe('lock-unreadable');
    expect(error.message).toBe(`cannot read ${project.root}/${LOCK_FILE}`);
    expect(error.details[0]).toContain(detail);
    expect(error.hint).toContain(hint);
  });
});
