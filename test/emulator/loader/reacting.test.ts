import { readFile, readlink, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { FakeAws } from '../../helpers/fake-aws.ts';
import { LoaderMachine } from '../../helpers/loader-machine.ts';

const ONE = {
  values: { database: { host: 'db.one', port: 5432 } },
  files: { 'limits.conf': 'one\n', 'a/b.conf': 'b\n' },
};
const TWO = { values: { database: { host: 'db.two', port: 5432 } }, files: { 'limits.conf': 'two\n' } };

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
