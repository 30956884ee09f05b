import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrialReport } from '../../src/model/trial.ts';
import { checksOf } from '../../src/model/trial.ts';
import { eventsOf, resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { Project } from '../helpers/project.ts';

// One image without packages, baked once. Tests are no part of a fingerprint, so each test may have its own.
const DROP_IN = 'PasswordAuthentication no\nX11Forwarding no\n';
const ZONE =
  '#!/bin/sh\nset -eu\nln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime\nsystemctl disable apt-daily.timer\n';
const TEST = '#!/bin/sh\nset -eu\nsshd -T | grep -qx "x11forwarding no"\ntest "$BAKE_VAR_colour" = "dark blue"\n';
const images = { base: { source: 'debian:12', layers: ['os'], variables: { colour: 'dark blue' } } };
const settings = { build: { timeLimits: { connect: '4m' } } };

let sandbox: CliSandbox;
let project: Project;

beforeAll(async () => {
  sandbox = await CliSandbox.up();
  project = await sandbox.project({
    images,
    settings,
    layers: {
      os: { 'files/etc/ssh/sshd_config.d/10-ours.conf': DROP_IN, 'scripts/10-zone.sh': ZONE, 'test/10-sshd': TEST },
    },
  });
  project.patience = 800_000;
  const { code, stdout } = await project.bake(['base', '--sandbox', '--json']);
  if (code !== 0) throw new Error(stdout);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

const reportOf = (stdout: string): TrialReport => {
  const event = eventsOf(stdout).find(({ type }) => type === 'trial-finished');
  return (event as unknown as { readonly report: TrialReport }).report;
};

const troubles = (stdout: string) =>
  checksOf(reportOf(stdout)).flatMap(({ at, check }) =>
    check.status === 'lost' || check.status === 'failed' ? [`${at}: ${check.id}: ${check.found}`] : [],
  );

it('finds on two booted clones, twice on the first, what was baked, and no identity in common', async () => {
  const { code, stdout } = await project.bake([
    'try',
    'base',
    '--sandbox',
    '--clones',
    '2',
    '--json',
    '--junit',
    'try.xml',
  ]);
  expect(troubles(stdout)).toEqual([]);
  expect({ code, result: resultOf(stdout) }).toMatchObject({ code: 0, result: { ok: true } });
  const { clones, checks } = reportOf(stdout);
  expect(clones.map(({ boots, tests }) => [boots.length, tests.map(({ ok }) => ok)])).toEqual([
    [2, [true]],
    [1, []],
  ]);
  expect(checks.map(({ id, status }) => [id, status])).toEqual([
    ['unique/host-keys', 'ok'],
    ['unique/machine-id', 'ok'],
    ['unique/random-seed', 'ok'],
  ]);
  expect(await project.read('try.xml')).toContain('failures="0"');
  expect(await sandbox.leftovers()).toEqual([]);
  const { images: listed } = JSON.parse((await project.bake(['list', '--sandbox', '--json'])).stdout);
  expect(listed[0].tried).toMatchObject({ result: 'passed', userData: null });
});

it('tells what user-data undoes, and shows the output of a test that fails', async () => {
  await project.write('layers/os/test/10-sshd', '#!/bin/sh\necho "the service says no"\nexit 3\n');
  await project.write('user-data', '#cloud-config\ntimezone: Europe/Berlin\n');
  const { code, stdout } = await project.bake(['try', 'base', '--sandbox', '--user-data', 'user-data', '--json']);
  expect(code).toBe(1);
  expect(troubles(stdout)).toContain('base/x86_64#1 boot 1: timezone/etc/localtime: Europe/Berlin');
  const [test] = reportOf(stdout).clones.flatMap(({ tests }) => tests);
  expect(test).toMatchObject({ layer: 'os', name: '10-sshd', ok: false, exitCode: 3, output: ['the service says no'] });
  expect(await sandbox.leftovers()).toEqual([]);
});

it.each([
  ['boot-unfinished', '#!/bin/sh\nsleep 100000\n'],
  ['no-login', '#cloud-boothook\n#!/bin/sh\nsystemctl mask --now ssh.service ssh.socket\n'],
])('says %s in bounded time, with the console’s last lines, and leaves nothing', async (expected, userData) => {
  await project.configure({ images, settings: { build: { timeLimits: { connect: '90s' } } } });
  await project.write('user-data', userData);
  const { code, stdout } = await project.bake(['try', 'base', '--sandbox', '--user-data', 'user-data', '--json']);
  const { error } = resultOf(stdout).outcomes['base/x86_64'] ?? {};
  expect({ code, error }).toMatchObject({
    code: 1,
    error: { code: expected, details: expect.arrayContaining(['last lines of the console:']) },
  });
  expect(await sandbox.leftovers()).toEqual([]);
});

it('keeps the machine when asked to, with its key', async () => {
  await project.configure({ images, settings });
  await project.write('layers/os/test/10-sshd', TEST);
  const { code, stdout } = await project.bake(['try', 'base', '--sandbox', '--keep', '--json']);
  expect(code).toBe(0);
  const kept = eventsOf(stdout).find(({ type }) => type === 'kept');
  const [, key = ''] = /-i (\S+)/.exec(`${kept?.login}`) ?? [];
  expect(await readFile(key, 'utf8')).toContain('PRIVATE KEY');
  expect(key.startsWith(join(project.dir, '.bake/runs'))).toBe(true);
  expect(await sandbox.leftovers()).toContainEqual(expect.stringContaining(`${kept?.instanceId}`));
});
