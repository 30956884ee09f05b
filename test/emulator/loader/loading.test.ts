import { once } from 'node:events';
import { chmod, mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { ACCOUNT, BUCKET, FakeAws, REGION } from '../../helpers/fake-aws.ts';
import { LoaderMachine } from '../../helpers/loader-machine.ts';

const ONE = {
  values: { database: { host: 'db.one', port: 5432 } },
  files: { 'limits.conf': 'one\n', 'a/b.conf': 'b\n' },
};
const TWO = { values: { database: { host: 'db.two', port: 5432 } }, files: { 'limits.conf': 'two\n' } };

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

it('reloads once when something changed, not otherwise, and goes back', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  const one = aws.publish(ONE);
  await machine.run('load');
  expect(await machine.run('refresh')).toMatchObject({ code: 0, said: expect.stringContaining('unchanged') });
  expect(await machine.actions()).toEqual([]);
  const objects = aws.asked('values.json');

  const two = aws.publish(TWO);
  expect(await machine.run('refresh')).toMatchObject({
    code: 0,
    said: expect.stringContaining('region-config changed'),
  });
  expect(await machine.text('values.env')).toContain('db.two');
  expect(await machine.actions()).toEqual(['reload-or-restart api.service']);
  aws.publish(TWO);
  expect(await machine.run('refresh')).toMatchObject({ code: 0, said: expect.stringContaining('unchanged: serial=3') });
  expect(await machine.actions()).toHaveLength(1);
  expect(aws.asked('values.json')).toBe(objects + 1);
  expect(await machine.names()).toEqual(
    ['.lock', one.content, two.content, 'current', 'previous', 'state.json'].sort(),
  );

  aws.publish(ONE);
  await machine.run('refresh');
  expect(await machine.current()).toBe(one.content);
  expect(await readlink(machine.path('state/previous'))).toBe(two.content);
  expect(await machine.actions()).toHaveLength(2);
});

it.each([
  ['restart', 'active', ['restart api.service']],
  ['reload', 'activating', ['reload api.service']],
  ['reload-or-restart', 'inactive', []],
  ['none', 'active', []],
])('%s of a service that is %s', async (onChange, state, actions) => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws, { onChange });
  await machine.unit('api.service', state);
  aws.publish(ONE);
  await machine.run('load');
  aws.publish(TWO);
  expect(await machine.run('refresh')).toMatchObject({ code: 0 });
  expect(await machine.actions()).toEqual(actions);
});

it('runs a command as it is, without a shell', async () => {
  await using aws = await FakeAws.start();
  const command = ['systemctl', 'x; touch /tmp/$HOME `id`', '"'];
  await using machine = await LoaderMachine.create(aws, { onChange: { command } });
  aws.publish(ONE);
  await machine.run('load');
  aws.publish(TWO);
  await machine.run('refresh');
  expect(await machine.actions()).toEqual([command.slice(1).join(' ')]);
});

it('tries a reload again that failed', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  aws.publish(ONE);
  await machine.run('load');
  const { content } = aws.publish(TWO);
  await writeFile(machine.path('refuse'), '');
  expect(await machine.run('refresh')).toMatchObject({ code: 1, reason: 'reload-failed' });
  expect(await machine.current()).toBe(content);
  await machine.remove('refuse');
  expect(await machine.run('refresh')).toMatchObject({ code: 0, said: expect.stringContaining('changed') });
  expect(await machine.actions()).toHaveLength(2);
  await machine.run('refresh');
  expect(await machine.actions()).toHaveLength(2);
});

it('tells of a service that its config killed until it lives again, and revives it', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws, { onChange: 'reload' });
  aws.publish(ONE);
  await machine.run('load');
  aws.publish(TWO);
  await writeFile(machine.path('refuse'), '');
  expect(await machine.run('refresh')).toMatchObject({ code: 1, reason: 'reload-failed' });
  await machine.unit('api.service', 'failed');
  expect(await machine.run('refresh')).toMatchObject({ code: 1, reason: 'reload-failed' });
  expect(await machine.state()).toMatchObject({ applied: null, error: { reason: 'reload-failed' } });
  await machine.remove('refuse');
  aws.publish({ ...ONE, files: {} });
  expect(await machine.run('refresh')).toMatchObject({ code: 0 });
  expect(await machine.actions()).toEqual(['reload api.service', 'restart api.service', 'restart api.service']);
  expect(await machine.state()).toMatchObject({ error: null });
});

it('keeps the failure of a reload while it is tried again', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  aws.publish(ONE);
  await machine.run('load');
  aws.publish(TWO);
  const command = ['sh', '-c', 'cat "$FOLDER/state/state.json" >"$FOLDER/seen"; exit 1'];
  await machine.override({ onChange: { command } });
  const errorSeen = async () => JSON.parse(await readFile(machine.path('seen'), 'utf8')).error;
  expect(await machine.run('refresh')).toMatchObject({ code: 1, reason: 'reload-failed' });
  expect(await errorSeen()).toBeNull();
  await machine.run('refresh');
  expect(await errorSeen()).toMatchObject({ reason: 'reload-failed' });
});

it('tries again to start what was held back, when that failed', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws, { deadline: 1 });
  aws.publish(ONE);
  await machine.run('load');
  // As after a restart of the machine, with S3 back by now.
  await machine.unit('bake-region-config.service', 'failed');
  await machine.unit('api.service', 'inactive');
  await writeFile(machine.path('refuse'), '');
  expect(await machine.run('refresh')).toMatchObject({ code: 1, reason: 'reload-failed' });
  await machine.unit('bake-region-config.service', 'active');
  await machine.unit('api.service', 'failed');
  await machine.remove('refuse');
  expect(await machine.run('refresh')).toMatchObject({ code: 0 });
  expect(await machine.actions()).toEqual(['start api.service', 'restart api.service']);
});

it('reloads when it goes back, although the reload for what is withdrawn seemed to fail', async () => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  const { content } = aws.publish(ONE);
  await machine.run('load');
  aws.publish(TWO);
  await writeFile(machine.path('refuse'), '');
  expect(await machine.run('refresh')).toMatchObject({ code: 1, reason: 'reload-failed' });
  await machine.remove('refuse');
  aws.publish(ONE);
  expect(await machine.run('refresh')).toMatchObject({
    code: 0,
    said: expect.stringContaining('region-config changed'),
  });
  expect(await machine.current()).toBe(content);
  expect(await machine.actions()).toHaveLength(2);
});

it.each(['api.service', null])('starts what was kept from starting at boot, with the service %j', async (service) => {
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws, { service });
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 'key-missing' });
  await machine.unit('bake-region-config.service', 'failed');
  await machine.unit('api.service', 'inactive');
  expect(await machine.run('refresh')).toMatchObject({ code: 1, reason: 'key-missing' });
  expect(await machine.actions()).toEqual([]);
  aws.publish(ONE);
  expect(await machine.run('refresh')).toMatchObject({ code: 0 });
  expect(await machine.actions()).toEqual([`start ${service ?? 'bake-region-config.service'}`]);
});

it('runs a command without a service for what is loaded at boot too, once', async () => {
  await using aws = await FakeAws.start();
  const onChange = { command: ['systemctl', 'told'] };
  await using machine = await LoaderMachine.create(aws, { service: null, onChange });
  for (const published of [ONE, TWO]) {
    aws.publish(published);
    await machine.remove('systemctl.log');
    for (const verb of ['load', 'refresh', 'load', 'refresh'])
      expect(await machine.run(verb)).toMatchObject({ code: 0 });
    expect(await machine.actions()).toEqual(['told']);
  }
});

it('runs a command without a service for what came too late for the boot, until it works', async () => {
  await using aws = await FakeAws.start();
  const onChange = { command: ['systemctl', 'told'] };
  await using machine = await LoaderMachine.create(aws, { service: null, onChange });
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 'key-missing' });
  await machine.unit('bake-region-config.service', 'failed');
  aws.publish(ONE);
  expect(await machine.run('refresh')).toMatchObject({ code: 0 });
  expect(await machine.actions()).toEqual(['start bake-region-config.service', 'told']);
  await machine.unit('bake-region-config.service', 'active');
  aws.publish(TWO);
  await writeFile(machine.path('refuse'), '');
  const error = { reason: 'reload-failed' };
  expect(await machine.run('refresh')).toMatchObject({ code: 1, ...error });
  // A boot does not run it.
  expect(await machine.run('load')).toMatchObject({ code: 0 });
  expect(await machine.state()).toMatchObject({ applied: null, error });
  await machine.remove('refuse');
  expect(await machine.run('refresh')).toMatchObject({ code: 0 });
  expect((await machine.actions()).slice(2)).toEqual(['told', 'told']);
  expect(await machine.state()).toMatchObject({ error: null });
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
