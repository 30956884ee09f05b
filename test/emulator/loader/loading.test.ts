import { once } from 'node:events';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { ACCOUNT, BUCKET, FakeAws, REGION } from '../../helpers/fake-aws.ts';
import { LoaderMachine } from '../../helpers/loader-machine.ts';

const ONE = {
  values: { database: { host: 'db.one', port: 5432 } },
  files: { 'limits.conf': 'one\n', 'a/b.conf': 'b\n' },
};

it('loads a version in every shape, for the group alone', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  const { content } = aws.publish(ONE);
  const { code, said, stderr } = await machine.run('load');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(said).toBe(
    `region-config loaded: serial=1 content="${content}" bucket="${BUCKET}" prefix="api" region="${REGION}"`,
  );
  expect(await machine.current()).toBe(content);
  expect(await machine.text('files/limits.conf')).toBe('one\n');
  expect(await machine.text('files/a/b.conf')).toBe('b\n');
  expect(await machine.text('values.json')).toBe('{"database":{"host":"db.one","port":5432}}');
  expect(await machine.text('values.env')).toBe('DATABASE_HOST="db.one"\nDATABASE_PORT="5432"\n');
  expect(await machine.text('values.properties')).toBe('database.host=db.one\ndatabase.port=5432\n');
  const modes = await Promise.all(
    [
      'state',
      'state/.lock',
      'state/current/',
      'state/current/files/a',
      'state/current/values.env',
      'state/state.json',
    ].map(async (path) => ((await stat(machine.path(path))).mode & 0o777).toString(8)),
  );
  expect(modes).toEqual(['755', '600', '750', '750', '640', '644']);
  expect(await machine.names()).toEqual(['.lock', 'current', 'state.json', content].sort());
  expect(await machine.actions()).toEqual([]);
  expect(await machine.state()).toMatchObject({
    serial: 1,
    content,
    applied: content,
    account: ACCOUNT,
    region: REGION,
    bucket: BUCKET,
    manifestVersion: expect.stringMatching(/^v1\./),
    error: null,
  });
});

it('mends a version that somebody changed, in a folder of its own', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  const { content } = aws.publish(ONE);
  await machine.run('load');
  for (const file of ['values.env', 'files/limits.conf', 'origin.json']) {
    await chmod(machine.path('state/current', file), 0o600);
    await writeFile(machine.path('state/current', file), 'mine\n');
    await machine.run('refresh');
    expect(await machine.current()).toBe(content);
    expect(await machine.text('files/limits.conf')).toBe('one\n');
  }
});

it('loads anew on a machine whose disk was copied from another', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws, { policy: 'last-known-good', deadline: 1 });
  aws.publish(ONE);
  await machine.run('load');
  await machine.write('uuid', 'ec2-two\n');
  aws.s3Fault = () => ({ status: 503, body: '' });
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 's3-unavailable' });
  aws.s3Fault = () => undefined;
  expect(await machine.run('load')).toMatchObject({ code: 0 });
  expect(JSON.parse((await machine.text('origin.json')) ?? '')).toMatchObject({ machine: 'ec2-two' });
});

it('leaves alone what is not its own in its folder', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  await mkdir(machine.path('state/lost+found'), { recursive: true });
  await mkdir(machine.path('state/.new/files'), { recursive: true });
  aws.publish(ONE);
  expect(await machine.run('load')).toMatchObject({ code: 0 });
  expect(await machine.names()).toContain('lost+found');
  expect(await machine.names()).not.toContain('.new');
});

it('takes its settings from the image, and from user-data key by key', async () => {
  await using aws = await FakeAws.start();
  aws.bucket = 'standalone-prod';
  await using machine = await LoaderMachine.create(aws, { prefix: 'api', bucket: 'b-{region}', required: [] });
  aws.publish(ONE);
  await machine.override({ bucket: 'standalone-{channel}', channel: 'prod', required: ['database.host'] });
  expect(await machine.run('load')).toMatchObject({ code: 0, said: expect.stringContaining('standalone-prod') });
  await machine.override({ bucket: 'standalone-{channel}' });
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 'settings-invalid' });
});

it.each([
  ['a word for seconds', { deadline: '2m' }, 'deadline'],
  ['too long a deadline', { deadline: 3601 }, 'deadline'],
  ['an unknown policy', { policy: 'open' }, 'policy'],
  ['a command that is a string', { onChange: { command: 'rm -rf /' } }, 'onChange'],
  ['no bucket', { bucket: null }, 'bucket'],
  ['no JSON', '{', 'written.json'],
  ['a list', [1, 2], 'written.json'],
  ['a group that is not there', { group: 'no-such-group' }, 'no-such-group'],
])('refuses settings with %s', async (_, settings, named) => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  aws.publish(ONE);
  await machine.override(settings);
  const { code, reason, said } = await machine.run('load');
  expect({ code, reason }).toEqual({ code: 1, reason: 'settings-invalid' });
  expect(said).toContain(named);
  expect(await machine.current()).toBeUndefined();
  expect((await machine.run('status')).said).toContain(' settings-invalid: ');
});

it('lets the boot wait for a refresh, and a refresh not for the boot', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  aws.publish(ONE);
  await mkdir(machine.path('state'));
  const holding = execa('flock', [machine.path('state/.lock'), 'sh', '-c', 'echo held; read line'], { reject: false });
  await once(holding.stdout, 'data');
  expect(await machine.run('refresh')).toMatchObject({ code: 0, said: 'region-config left to another: reason="busy"' });
  const load = await machine.start(['load']);
  holding.stdin.end('\n');
  expect(await load.ended).toMatchObject({ code: 0 });
  await holding;
  // As it was made by another, anybody could have held it.
  expect((await stat(machine.path('state/.lock'))).mode & 0o777).toBe(0o600);
});

it('writes one line in the journal, whatever others wrote', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  aws.publish(ONE, 'api');
  aws.put('api/manifest.json', JSON.stringify({ version: 1, image: 'x"\n<3>forged', serial: 1, objects: [] }));
  const { code, said } = await machine.run('load', { env: { JOURNAL_STREAM: '1:2' } });
  expect(code).toBe(1);
  expect(said).toMatch(/^<3>region-config failed: reason="wrong-image" detail="[^\n]*"$/);
});

it('says what is loaded, from where, and what went wrong', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws, { deadline: 1 });
  expect(await machine.run('status')).toMatchObject({ code: 1, said: 'loaded   nothing' });
  const { content } = aws.publish(ONE);
  await machine.run('load');
  const { code, said } = await machine.run('status');
  expect(code).toBe(0);
  expect(said).toContain(`serial   1, content ${content}`);
  expect(said).toContain(`from     s3://${BUCKET}/api/manifest.json`);
  expect(said).toContain(`account ${ACCOUNT}, region ${REGION}`);
  await aws.stop('s3');
  await machine.run('refresh');
  const failed = await machine.run(['status', '--json']);
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.said)).toMatchObject({ current: content, error: { reason: 's3-unavailable' } });
  expect((await machine.run('status')).said).toMatch(/failed {3}\S+ s3-unavailable: /);
});

it.each([[[]], [['reload']], [['load', 'x']], [['status', '--xml']]])('explains its usage for %j', async (words) => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  const { code, stderr } = await machine.run(words);
  expect(code).toBe(2);
  expect(stderr).toContain('usage: bake-region-config load');
});
