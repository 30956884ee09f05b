import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { BakeError, interrupted } from '../../../src/model/errors.ts';
import type { AmiId, Region } from '../../../src/model/ids.ts';
import type { Layer } from '../../../src/model/image.ts';
import type { TrialReport } from '../../../src/model/trial.ts';
import type { Trial } from '../../../src/run/try/trial.ts';
import { tryImage } from '../../../src/run/try/try-image.ts';
import { base, config, known, layer, REGION, RUN, regionConfig, service, sha256 } from '../../helpers/builders.ts';
import { COPY, type FakeBehaviour, FakeTrial, RECORD_DIGEST } from '../../helpers/fake-trial.ts';
import { health, identity, SETTINGS } from '../../helpers/probes.ts';

let runDir: string;
beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'bake-trial-'));
});
afterEach(() => rm(runDir, { recursive: true, force: true }));

const withTests = (name: string, ...tests: readonly string[]): Layer =>
  layer(name, { tests: tests.map((test) => ({ source: `test/${test}`, isTest: true, digest: sha256(test) })) });

function trial(other: Partial<Trial> = {}, layers: readonly Layer[] = [layer('os'), layer('app')]): Trial {
  const images = [base('base', { layers: ['os'] }), service('api', 'base', { layers: ['app'] })];
  const [, image] = images;
  if (image === undefined) throw new Error('there is an image');
  return {
    run: RUN,
    config: config(images, layers),
    image,
    known: known('api', 7, { recordDigest: RECORD_DIGEST }),
    region: REGION,
    programs: { 'run.sh': '#!/bin/sh\n' },
    clones: 1,
    atOnce: 1,
    userData: undefined,
    keep: false,
    sshPort: 22,
    cidrs: ['192.0.2.1/32'],
    pollSeconds: 1,
    runDir,
    tool: '0.2.0',
    ...other,
  };
}

async function tried(behaviour: FakeBehaviour, other: Partial<Trial> = {}, signal?: AbortSignal) {
  const fake = new FakeTrial(behaviour);
  const outcome = await tryImage(trial(other), fake.effects(signal));
  const last = fake.events.findLast(({ type }) => type === 'trial-finished') as { report: TrialReport } | undefined;
  if (last === undefined) throw new Error('no report');
  return { fake, outcome, report: last.report };
}

const tagOf = (fake: FakeTrial) => fake.tags.map((tags) => tags['bake:tried']);

it('passes an image that boots as it was baked, twice, and leaves nothing', async () => {
  const { fake, outcome, report } = await tried({});
  expect(outcome).toMatchObject({ status: 'done', version: '2026.11.19.1' });
  expect(report.clones[0]?.boots.map(({ boot }) => boot)).toEqual([1, 2]);
  expect(tagOf(fake)).toEqual([expect.stringMatching(/^passed 2026-11-20T12:00:\d\dZ none 0\.2\.0$/)]);
  expect(fake.living()).toEqual([]);
  expect(fake.cleared).toHaveLength(1);
  expect(existsSync(join(runDir, 'try-x86_64.key'))).toBe(false);
  const stages = fake.events.flatMap((event) => (event.type === 'stage-finished' ? [event.stage.name] : []));
  expect(stages).toEqual(['launch', 'connect', 'cloud-init', 'check', 'reboot', 'check-again', 'tests', 'terminate']);
});

it('fails when a baked setting is lost, though only the second boot loses it', async () => {
  const lost = { settings: { ...SETTINGS, sshd: { passwordauthentication: 'yes', permitrootlogin: 'no' } } };
  const { fake, outcome, report } = await tried({
    probes: [{}, { ...lost, identity: identity('1'), health: health({ bootId: 'boot-2' }) }],
  });
  expect(outcome).toMatchObject({
    status: 'failed',
    error: {
      code: 'try-failed',
      message: 'api 2026.11.19.1 (x86_64): 1 baked setting lost',
      details: ['lost: sshd/passwordauthentication: expected no, found yes'],
    },
  });
  expect(report.clones[0]?.boots[0]?.checks.filter(({ status }) => status === 'lost')).toEqual([]);
  expect(tagOf(fake)).toEqual([expect.stringMatching(/^failed /)]);
});

it('fails clones that share an identity, with the machine id of the builder among them', async () => {
  const same = identity('1', { machineId: 'machine-builder' });
  const { outcome, report } = await tried({ probes: [{ identity: same }] }, { clones: 2 });
  expect(outcome).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('3 checks failed') } });
  expect(report.checks.map(({ id, found }) => `${id}: ${found}`)).toContain(
    'unique/machine-id: machine-builder: api/x86_64#1, api/x86_64#2, the builder',
  );
});

it.each([1, 2])('looks at each of two clones, %d at a time, and restarts the first alone', async (atOnce) => {
  const { fake, outcome, report } = await tried({}, { clones: 2, atOnce });
  expect(outcome.status).toBe('done');
  expect(fake.launches.map(({ count }) => count)).toEqual(atOnce === 1 ? [1, 1] : [2]);
  expect(new Set(fake.launches.map(({ clientToken }) => clientToken)).size).toBe(fake.launches.length);
  expect(report.clones.map(({ id, boots }) => [id, boots.length])).toEqual([
    ['api/x86_64#1', 2],
    ['api/x86_64#2', 1],
  ]);
});

const CONSOLE = 'GRUB\r\n\u001b[31mKernel panic\u001b[0m - not syncing: VFS\r\n';

test.each<[string, FakeBehaviour, string, RegExp, readonly string[]]>([
  [
    'never boots',
    { state: 'terminated' },
    'instance-ended',
    /terminated and was to run/,
    ['the console of the machine is empty'],
  ],
  [
    'lets nobody in',
    { loginAfter: Number.POSITIVE_INFINITY, commandSeconds: 5, console: CONSOLE },
    'no-login',
    /nobody could log in to i-1 by ssh within 300 s: Connection refused/,
    ['last lines of the console:', 'GRUB', 'Kernel panic - not syncing: VFS'],
  ],
  [
    'has a cloud-init that hangs',
    { wait: { exitCode: 75, stdout: 'status: running\n' }, console: CONSOLE },
    'boot-unfinished',
    /had not finished 300 s after/,
    ['status: running', 'last lines of the console:', 'GRUB', 'Kernel panic - not syncing: VFS'],
  ],
  [
    'does not come back',
    { rebootHangs: true, commandSeconds: 5, console: CONSOLE },
    'not-restarted',
    /did not come back within 300 s/,
    expect.arrayContaining(['GRUB']),
  ],
])('an image that %s fails in bounded time, with the console', async (_, behaviour, code, message, details) => {
  const { fake, outcome } = await tried(behaviour);
  expect(outcome).toMatchObject({
    status: 'failed',
    error: { code, message: expect.stringMatching(message), details },
  });
  expect(fake.living()).toEqual([]);
  expect(fake.cleared).toHaveLength(1);
  expect(tagOf(fake)).toEqual([expect.stringMatching(/^failed /)]);
});

it('says nothing about an image that AWS had no room for', async () => {
  const { fake, outcome } = await tried({
    state: 'terminated',
    reason: 'Server.InsufficientInstanceCapacity: none left',
  });
  expect(outcome).toMatchObject({ status: 'failed', error: { blame: 'cloud' } });
  expect([fake.tags, fake.living()]).toEqual([[], []]);
});

it('logs in as soon as the machine lets it', async () => {
  expect((await tried({ loginAfter: 7 })).outcome.status).toBe('done');
});

it('ends the machine when it is interrupted, and tags nothing', async () => {
  const abort = new AbortController();
  const onCommand = (command: string) => {
    if (command.includes('wait')) abort.abort(interrupted('SIGINT'));
  };
  const { fake, outcome } = await tried({ onCommand }, {}, abort.signal);
  expect(outcome).toEqual({ status: 'cancelled', because: 'stopped by SIGINT' });
  expect([fake.living(), fake.tags]).toEqual([[], []]);
});

it('keeps the machine and its key, and says how to reach it', async () => {
  const { fake } = await tried({ wait: { exitCode: 75, stdout: '' } }, { keep: true });
  expect(fake.living()).toEqual(['i-1']);
  expect(fake.cleared).toEqual([]);
  expect(existsSync(join(runDir, 'try-x86_64.key'))).toBe(true);
  expect(fake.events).toContainEqual({
    type: 'kept',
    id: 'api/x86_64#1',
    instanceId: 'i-1',
    login: 'ssh admin@127.77.0.1',
  });
});

it('says of an image without a record of what was baked that it has none', async () => {
  const { outcome } = await tried({ record: { version: 1 } }, { known: known('api', 7, {}) });
  expect(outcome).toMatchObject({ error: { details: [expect.stringContaining('bake the image again')] } });
});

it('names a record that is not the one that was published', async () => {
  const { outcome } = await tried({}, { known: known('api', 7, { recordDigest: sha256('another') }) });
  expect(outcome).toMatchObject({ error: { details: [expect.stringContaining('something has changed it')] } });
});

it('tags with the digest of the user-data, and launches with it', async () => {
  const userData = Buffer.from('#!/bin/sh\n');
  const { fake } = await tried({}, { userData });
  expect(fake.launches[0]?.userData).toEqual(userData);
  expect(tagOf(fake)).toEqual([expect.stringContaining(` ${sha256('#!/bin/sh\n')} `)]);
});

it('goes on with the other tests after one that fails, and keeps its output', async () => {
  const dir = await mkdtemp(join(runDir, 'layers-'));
  await mkdir(join(dir, 'test'));
  for (const name of ["10-it's", '20-fine']) await writeFile(join(dir, 'test', name), name);
  const app = { ...withTests('app', "10-it's", '20-fine'), dir };
  const fake = new FakeTrial({ tests: { "10-it'\\''s": { exitCode: 3, lines: ['\u001b[31mno answer\u001b[0m'] } } });
  const images = [base('base', { layers: [] }), service('api', 'base', { layers: ['app'] })];
  const outcome = await tryImage(trial({ config: config(images, [app]) }), fake.effects());
  expect(outcome).toMatchObject({
    error: {
      message: expect.stringMatching(/: 1 test failed$/),
      details: ["layers/app/test/10-it's failed:", 'no answer'],
    },
  });
  const results = fake.events.flatMap((event) => (event.type === 'test-finished' ? [event.test] : []));
  expect(results.map(({ name, ok, exitCode, output }) => [name, ok, exitCode, output])).toEqual([
    ["10-it's", false, 3, ['no answer']],
    ['20-fine', true, 0, []],
  ]);
});

it('launches with the instance profile by which instances load their region config', async () => {
  const { image } = trial();
  const reading = { ...image, regionConfig: regionConfig({ instanceProfile: 'api-reader' }) };
  const { fake } = await tried({}, { image: reading });
  expect(fake.launches.map(({ instanceProfile }) => instanceProfile)).toEqual(['api-reader']);
});

describe('in another region', () => {
  const elsewhere = { region: 'eu-west-1' as Region };

  it('launches a copy that is made for it, which the clean-up finds by its name', async () => {
    const { fake, outcome, report } = await tried({}, { ...elsewhere, clones: 2 });
    expect(outcome).toMatchObject({ status: 'done' });
    expect(fake.copied).toMatchObject([{ source: report.imageId, sourceRegion: REGION, tags: { 'bake:run': RUN } }]);
    expect(fake.copied[0]?.tags).not.toHaveProperty('bake:fingerprint');
    expect(fake.launches.map(({ imageId }) => imageId)).toEqual([COPY, COPY]);
    expect(fake.cleared).toMatchObject([{ amiName: fake.copied[0]?.name }]);
    expect(report.region).toBe('eu-west-1');
    expect(tagOf(fake)).toEqual([expect.stringMatching(/^passed /)]);
  });

  it('removes the copy, and nothing else, where the machine is kept', async () => {
    const { fake } = await tried({}, { ...elsewhere, keep: true });
    expect(fake.removedCopies).toEqual([fake.copied[0]?.name]);
    expect(fake.cleared).toEqual([]);
    expect(fake.living()).toEqual(['i-1']);
  });

  it('removes everything where there is no machine to keep', async () => {
    const { fake } = await tried({ copyState: 'failed' }, { ...elsewhere, keep: true });
    expect(fake.cleared).toMatchObject([{ amiName: fake.copied[0]?.name, launching: true, copying: true }]);
  });

  it('launches the copy that is there, and makes none', async () => {
    const there = 'ami-0d0d0d0d0d0d0d0d0' as AmiId;
    const { fake } = await tried({ copies: [there] }, elsewhere);
    expect(fake.copied).toEqual([]);
    expect(fake.launches.map(({ imageId }) => imageId)).toEqual([there]);
  });

  it.each([
    ['failed', 'copy-failed', /eu-west-1 is failed: the key is disabled/],
    ['pending', 'copy-unfinished', /not available after \d+ s/],
  ] as const)('explains a copy that stays %s, and says nothing about the image', async (copyState, code, message) => {
    const { fake, outcome } = await tried({ copyState, reason: 'the key is disabled' }, elsewhere);
    expect(outcome).toMatchObject({ status: 'failed', error: { code, message: expect.stringMatching(message) } });
    expect(fake.launches).toEqual([]);
    expect(fake.cleared).toHaveLength(1);
    expect(tagOf(fake)).toEqual([]);
  });

  it('ends a copy that is interrupted', async () => {
    const abort = new AbortController();
    const fake = new FakeTrial({ copyState: 'pending' });
    const effects = fake.effects(abort.signal);
    const copies = {
      ...effects.copies,
      stateOf: async () => {
        abort.abort(interrupted('SIGINT'));
        return { state: 'pending', reason: undefined } as const;
      },
    };
    expect(await tryImage(trial(elsewhere), { ...effects, copies })).toMatchObject({ status: 'cancelled' });
    expect(fake.cleared).toHaveLength(1);
  });

  it('is cleaned up after an interruption before anything was copied', async () => {
    const abort = new AbortController();
    const fake = new FakeTrial();
    const effects = fake.effects(abort.signal);
    const createSecurityGroup: typeof effects.builders.createSecurityGroup = async (request) => {
      abort.abort(interrupted('SIGINT'));
      return effects.builders.createSecurityGroup(request);
    };
    const builders = { ...effects.builders, createSecurityGroup };
    expect(await tryImage(trial(elsewhere), { ...effects, builders })).toMatchObject({ status: 'cancelled' });
    expect(fake.copied).toEqual([]);
    expect(fake.cleared).toHaveLength(1);
  });
});

it.each([
  ['access-denied', 'user'],
  ['no-default-vpc', 'user'],
] as const)('writes nothing on the image for %s: no machine of it could be had', async (code, blame) => {
  const fake = new FakeTrial();
  const effects = fake.effects();
  const launch = () => Promise.reject(new BakeError({ code, message: code, blame }));
  const outcome = await tryImage(trial(), { ...effects, instances: { ...effects.instances, launch } });
  expect(outcome).toMatchObject({ status: 'failed', error: { code } });
  expect(tagOf(fake)).toEqual([]);
  expect(fake.cleared).toMatchObject([{ launching: true }]);
});
