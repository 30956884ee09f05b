import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BakeError, interrupted } from '../../src/model/errors.ts';
import type { Outcome } from '../../src/model/events.ts';
import { parseFingerprint } from '../../src/model/ids.ts';
import type { Image } from '../../src/model/image.ts';
import { TAG } from '../../src/model/tags.ts';
import { BakeRun, type BakeRunParts } from '../helpers/bake-run.ts';
import { amiId, base, layer, layerFile, PROJECT, RUN, script } from '../helpers/builders.ts';
import { onDisk, temporaryFolder } from '../helpers/layers-on-disk.ts';

const NAME = 'acme/base/2026.11.20.1-x86_64';
const BASE = base('base', { tags: { team: 'platform', [TAG.project]: 'stolen' } });

let run: BakeRun;
const open = async (image: Image = BASE, parts: Partial<BakeRunParts> = {}) => {
  run = await BakeRun.open({ images: [image], ...parts });
  return run;
};
afterEach(() => run[Symbol.asyncDispose]());

/** Starts, lets the test drive Packer, and gives the one outcome. */
async function bake(drive: (packer: BakeRun['packer']) => unknown): Promise<Outcome | undefined> {
  const ended = run.start();
  await drive(run.packer);
  return (await ended).get('base/x86_64');
}
const succeed = async (packer: BakeRun['packer']) => (await packer.next()).succeed();
const folder = () => join(run.dir, 'base-x86_64');

describe('a good bake', () => {
  test('publishes in order: IMDSv2, tags, and the fingerprint last and alone; then the record is kept', async () => {
    await open();
    const outcome = await bake(succeed);
    expect(outcome).toMatchObject({ status: 'done', version: '2026.11.20.1' });
    const [imageId] = outcome?.status === 'done' ? [outcome.imageId] : [];
    const subject = ['Name', ...[TAG.project, TAG.image, TAG.version, TAG.architecture].sort()];
    const calls = run.cloud.calls.map((call) => call.replace(imageId ?? '', 'AMI'));
    expect(calls).toEqual([
      'reservations acme',
      'taggedVersions acme',
      `reserve bake/${NAME}`,
      'reservations acme',
      'list acme/base',
      `createSecurityGroup bake/acme/base/x86_64/${RUN}`,
      'snapshotsOf AMI',
      'requireImdsV2 AMI',
      expect.stringMatching(/^tag team,/),
      `tag ${TAG.fingerprint}`,
      'save AMI',
      'removeLeftovers finished',
    ]);
    for (const key of subject) expect(calls[8]).toContain(key);
  });

  test('hands its secrets to Packer as long as that runs, and writes them down nowhere', async () => {
    const secrets = { token: { env: 'TOKEN' } };
    const value = 'a-token-that-nobody-else-has';
    await open({ ...BASE, secrets }, { context: { secrets: new Map([[BASE.name, { token: value }]]) } });
    let path = '';
    const outcome = await bake(async (packer) => {
      const invocation = await packer.next();
      path = String(invocation.request.variables.secrets_file);
      expect(await readFile(path, 'latin1')).toContain(value);
      invocation.succeed();
    });
    expect(outcome?.status).toBe('done');
    // The number may name something else by now.
    expect(await readFile(path, 'latin1').catch(() => '')).not.toContain(value);
    for (const file of await readdir(folder())) {
      expect(await readFile(join(folder(), file), 'latin1'), file).not.toContain(value);
    }
    expect(JSON.stringify([run.events, run.log, run.cloud.calls])).not.toContain(value);
  });

  test('tags image and snapshot alike, and a user cannot say what is ours', async () => {
    await open();
    const outcome = await bake(succeed);
    const imageId = outcome?.status === 'done' ? outcome.imageId : amiId(0);
    const tags = run.cloud.tags(imageId);
    expect(tags).toMatchObject({
      team: 'platform',
      Name: 'acme/base 2026.11.20.1',
      [TAG.project]: 'acme',
      [TAG.sourceAmi]: amiId(1),
      [TAG.sourceName]: 'debian-12-x86_64-20261101',
      [TAG.commit]: 'c0ffee',
    });
    expect(parseFingerprint(tags[TAG.fingerprint] ?? '')).toBeDefined();
    for (const none of [TAG.run, TAG.parent, TAG.parentAmi, TAG.nonce]) expect(tags).not.toHaveProperty([none]);
    const [snapshot = ''] = await run.cloud.images.snapshotsOf(imageId);
    expect(run.cloud.tags(snapshot)).toEqual(tags);
    expect(run.cloud.requiresImdsV2(imageId)).toBe(true);
  });

  test('keeps the record that the machine completed, byte by byte, and its digest in a tag', async () => {
    await open();
    const record = '{"version":1,"machine":{}}\n';
    const outcome = await bake(async (packer) => {
      const invocation = await packer.next();
      await writeFile(join(invocation.request.dir, String(invocation.request.variables.record_output)), record);
      invocation.succeed();
    });
    const imageId = outcome?.status === 'done' ? outcome.imageId : '';
    expect(run.cloud.savedRecords.get(imageId)?.record).toBe(record);
    expect(run.cloud.tags(imageId)[TAG.record]).toMatchInlineSnapshot(
      `"4f8529859e81e8f24657fe8f95f0c26400a81419d14e499ad297ba7ea58505a9"`,
    );
  });

  test('without machines keeps the record as it was before the machine', async () => {
    await open(base('base', { refresh: 'weekly' }));
    const outcome = await bake(succeed);
    const saved = run.cloud.savedRecords.get(outcome?.status === 'done' ? outcome.imageId : '');
    const record = JSON.parse(saved?.record ?? '{}');
    expect(record).toMatchObject({
      version: 1,
      image: 'base',
      imageVersion: '2026.11.20.1',
      fingerprint: saved?.fingerprint,
      sourceAmi: { imageId: amiId(1) },
      parent: null,
      refresh: '2026-W47',
      tools: { packer: '1.6.6' },
    });
    expect(Object.keys(record.inputs)).toContain('source-ami');
  });

  test('leaves nothing behind, and says nothing of what every bake removes', async () => {
    await open();
    await bake(succeed);
    expect(run.cloud.temporary).toEqual([]);
    expect(run.of('removed')).toEqual([]);
    await expect(stat(join(folder(), 'builder.key'))).rejects.toThrow('ENOENT');
  });

  test('gives Packer all it needs, and no path or word of a user in it', async () => {
    await open();
    await bake(async (packer) => {
      const invocation = await packer.next();
      const { dir, variables, env, manifest, keepOnError } = invocation.request;
      expect({ ...variables, image_tags: 0, run_tags: 0 }).toMatchInlineSnapshot(`
        {
          "ami_name": "acme/base/2026.11.20.1-x86_64",
          "endpoint": "",
          "image_tags": 0,
          "instance_type": "t3.small",
          "key_pair": "bake/acme/base/2026.11.20.1-x86_64",
          "manifest": "manifest.json",
          "poll_attempts": 180,
          "poll_seconds": 10,
          "private_key_file": "builder.key",
          "record_input": "record-input.json",
          "record_output": "record.json",
          "root_device": "/dev/xvda",
          "run_tags": 0,
          "security_group": "sg-101",
          "source_ami": "ami-00000000000000001",
          "ssh_cidrs": [
            "192.0.2.1/32",
          ],
          "ssh_port": 22,
          "subnet": "",
        }
      `);
      expect([dir, manifest, keepOnError, env]).toEqual([
        folder(),
        join(folder(), 'manifest.json'),
        false,
        { AWS_REGION: 'x' },
      ]);
      expect((await stat(join(dir, 'builder.key'))).mode & 0o777).toBe(0o600);
      expect(await readFile(join(dir, 'builder.key'), 'utf8')).toBe(`key of bake/${NAME}`);
      expect(await readFile(join(dir, 'image.pkr.hcl'), 'utf8')).toContain('source "amazon-ebs"');
      invocation.succeed();
    });
  });

  test('tells its stages, and writes down every line', async () => {
    await open();
    await bake(async (packer) => {
      (await packer.next())
        .say('Waiting for SSH to become available...', '::bake:: prepare', '::bake:: record')
        .succeed();
    });
    expect(run.of('stage-started').map(({ stage }) => stage.name)).toEqual([
      'reserve',
      'launch',
      'connect',
      'prepare',
      'record',
      'launch',
      'tags',
      'clean-up',
    ]);
    expect(run.of('stage-finished')).toHaveLength(8);
    expect(run.log).toContain('::bake:: prepare');
    expect(run.of('output').map(({ line }) => line)).not.toContain('::bake:: prepare');
    expect(run.events.at(-1)).toMatchObject({ type: 'bake-finished', outcome: { status: 'done' } });
  });
});

describe('whatever fails, nothing is left and no image is published', () => {
  test.each(['createSecurityGroup', 'snapshotsOf', 'tag', 'requireImdsV2'])('%s', async (call) => {
    await open();
    run.cloud.failNext(call);
    const outcome = await bake((packer) => {
      void succeed(packer);
    });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'aws-call-failed', message: `${call} failed` } });
    expect(run.cloud.temporary).toEqual([]);
    expect(await run.cloud.images.list(PROJECT)).toEqual([]);
    expect(run.of('removed').map(({ what }) => what)).toContain(`key pair bake/${NAME}`);
  });

  test('the very last tag', async () => {
    await open();
    run.cloud.before('requireImdsV2', () => run.cloud.failNext('tag'));
    expect(await bake(succeed)).toMatchObject({ status: 'failed' });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('a record that cannot be kept here is a warning: the image has it too', async () => {
    await open();
    run.cloud.failNext('save');
    expect(await bake(succeed)).toMatchObject({ status: 'done' });
    expect(run.of('warning').map(({ warning }) => warning.code)).toEqual(['record-not-kept']);
  });

  test('Packer, killed before it could clean up', async () => {
    await open();
    const outcome = await bake(async (packer) => {
      const invocation = await packer.next();
      invocation.launch();
      run.cloud.makeImage(NAME, {}, 'pending');
      invocation.fail('Error creating AMI');
    });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'packer-failed', message: 'base/x86_64: Packer failed in the stage "launch": Error creating AMI' },
    });
    const removed = expect.stringMatching(
      /^removed: instance i-\S+, image ami-\S+, snapshot snap-\S+, security group .*key pair/,
    );
    expect(outcome).toMatchObject({ error: { details: expect.arrayContaining([removed]) } });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('the folder of the bake', async () => {
    await open();
    await writeFile(folder(), 'a file where the folder should be');
    expect(await bake(() => {})).toMatchObject({ status: 'failed' });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('a layer that has changed since', async () => {
    await using project = await temporaryFolder();
    const os = await onDisk(project.path, layer('os', { files: [layerFile('/etc/motd')] }));
    await open(base('base', { layers: ['os'] }), { layers: [os] });
    await writeFile(join(os.dir, 'files/etc/motd'), 'changed');
    expect(await bake(() => {})).toMatchObject({ status: 'failed', error: { code: 'layer-changed' } });
    expect(run.packer.invocations).toEqual([]);
    expect(run.cloud.temporary).toEqual([]);
  });
});

describe('a layer that fails', () => {
  test('is named with its script, its exit code and its last words', async () => {
    await using project = await temporaryFolder();
    const os = await onDisk(project.path, layer('os', { files: [layerFile('/etc/x')], steps: [script('10-a.sh')] }));
    await open(base('base', { layers: ['os'] }), { layers: [os] });
    const outcome = await bake(async (packer) => {
      const invocation = await packer.next();
      invocation.say('::bake:: start 1', '::bake:: done 1', '::bake:: start 2', 'E: no such package');
      invocation.say('::bake:: failed 2 100', 'Provisioning step had errors: Running the cleanup provisioner');
      invocation.fail('Script exited with non-zero exit status: 100');
    });
    expect(outcome).toEqual({
      status: 'failed',
      error: {
        code: 'layer-failed',
        message: 'base/x86_64: layers/os/scripts/10-a.sh failed with exit code 100',
        hint: expect.stringContaining(`${folder()}/packer.log`),
        details: ['E: no such package', expect.stringMatching(/^removed: /)],
        blame: 'user',
      },
    });
  });
});

describe('interrupted', () => {
  test('while Packer runs: cancelled, and nothing is left', async () => {
    await open();
    const outcome = await bake(async (packer) => {
      (await packer.next()).launch();
      run.interrupt(interrupted('SIGINT'));
    });
    expect(outcome).toEqual({ status: 'cancelled', because: 'stopped by SIGINT' });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('while Packer launches: an instance that is not listed yet is not left either', async () => {
    await open();
    run.cloud.listsLate = true;
    await bake(async (packer) => {
      (await packer.next()).launch();
      run.interrupt(interrupted('SIGINT'));
    });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('just as Packer ends well: its AMI is not published but removed', async () => {
    await open();
    const outcome = await bake(async (packer) => {
      (await packer.next()).succeed();
      run.interrupt(interrupted('SIGINT'));
    });
    expect(outcome).toEqual({ status: 'cancelled', because: 'stopped by SIGINT' });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('when the AMI is there but not yet published: it goes again', async () => {
    await open();
    run.cloud.before('requireImdsV2', () => {
      run.interrupt(interrupted('SIGTERM'));
      run.cloud.failNext('tag');
    });
    expect(await bake(succeed)).toEqual({ status: 'cancelled', because: 'stopped by SIGTERM' });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('before it began: nothing is made at all', async () => {
    await open();
    run.interrupt(interrupted('SIGINT'));
    expect(await bake(() => {})).toEqual({ status: 'cancelled', because: 'stopped by SIGINT' });
    expect(run.cloud.calls).toEqual([]);
  });
});

test('a cloud that is gone for good ends the bake with its own error', async () => {
  const lost = new AbortController();
  await open(BASE, { lost: lost.signal });
  const outcome = await bake(async (packer) => {
    (await packer.next()).launch();
    lost.abort(new BakeError({ code: 'sandbox-gone', message: 'the sandbox ended', blame: 'tool' }));
  });
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'sandbox-gone', message: 'the sandbox ended' } });
});

test('a bake that takes too long is stopped, and says where to look', async () => {
  await open(base('base', { build: { timeLimits: { connect: 1, bake: 0, snapshot: 1 } } }));
  const outcome = await bake(() => {});
  expect(outcome).toMatchObject({
    status: 'failed',
    error: {
      code: 'bake-timed-out',
      message: 'base/x86_64: not finished after 0 s, stopped',
      hint: expect.stringContaining('packer.log'),
    },
  });
  expect(run.cloud.temporary).toEqual([]);
});

describe('with --keep-on-error', () => {
  const keep = { context: { keepOnError: true } };

  test('the machine stays, and the error says how to log in', async () => {
    await open(BASE, keep);
    let instance = '';
    const outcome = await bake(async (packer) => {
      const invocation = await packer.next();
      expect(invocation.request.keepOnError).toBe(true);
      instance = invocation.launch();
      invocation.fail('Error');
    });
    const login = `kept ${instance}: ssh -i ${folder()}/builder.key -p 22 admin@127.77.0.1`;
    expect(outcome).toMatchObject({ error: { details: expect.arrayContaining([login]) } });
    expect(run.cloud.temporary).toContain(instance);
    expect(await readFile(join(folder(), 'builder.key'), 'utf8')).toMatch(/^key of/);
  });

  test('nothing stays where no machine was launched', async () => {
    await open(BASE, keep);
    const outcome = await bake(async (packer) => (await packer.next()).fail('Error'));
    expect(outcome).toMatchObject({ status: 'failed' });
    expect(run.cloud.temporary).toEqual([]);
  });

  test('a good bake leaves nothing all the same, and an interrupted one neither', async () => {
    await open(BASE, keep);
    expect(await bake(succeed)).toMatchObject({ status: 'done' });
    expect(run.cloud.temporary).toEqual([]);
    await run[Symbol.asyncDispose]();
    await open(BASE, keep);
    const outcome = await bake(async (packer) => {
      (await packer.next()).launch();
      run.interrupt(interrupted('SIGINT'));
    });
    expect(outcome).toMatchObject({ status: 'cancelled' });
    expect(run.cloud.temporary).toEqual([]);
  });
});

describe('a clean-up that fails is told', () => {
  const told = `not everything of run ${RUN} could be removed: removeLeftovers failed`;

  test.each<[string, (packer: BakeRun['packer']) => Promise<unknown>, Outcome['status']]>([
    ['after a good bake, which stays good', succeed, 'done'],
    ['after a bad one', async (packer) => (await packer.next()).fail('Error'), 'failed'],
  ])('%s', async (_, drive, status) => {
    await open();
    run.cloud.failNext('removeLeftovers');
    const outcome = await bake(drive);
    expect(outcome?.status).toBe(status);
    if (outcome?.status === 'failed') expect(outcome.error.details).toContain(told);
    expect(run.of('warning')).toMatchObject([{ id: 'base/x86_64', warning: { code: 'leftovers', message: told } }]);
  });
});
