import { DescribeImagesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRegionBucket } from '../../src/aws/region-bucket.ts';
import { targetId } from '../../src/model/channel.ts';
import type { AccountId, ChannelName, ImageName, Region } from '../../src/model/ids.ts';
import { LOADER_FILES, type LoaderSources, regionConfigEntries } from '../../src/render/region-config/loader-files.ts';
import { publications } from '../../src/render/region-config/publication.ts';
import { writeArchive } from '../../src/run/archive.ts';
import { lookAt } from '../../src/run/region-config/look.ts';
import type { Place } from '../../src/run/region-config/place.ts';
import { push as publish } from '../../src/run/region-config/push.ts';
import { lookBack, rollBack } from '../../src/run/region-config/rollback.ts';
import { loadTemplates } from '../../src/run/templates.ts';
import { prepareSandbox } from '../../src/sandbox/prepare.ts';
import { regionConfig } from '../helpers/builders.ts';
import { Launcher, type Machine } from '../helpers/cli-machines.ts';
import { debianEntry, SandboxServer, until } from '../helpers/sandbox-server.ts';

const minutes = 60_000;
const REGION = 'eu-west-1';
const BUCKET = `acme-123456789012-${REGION}`;
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

let server: SandboxServer;
let ec2: EC2Client;
let launcher: Launcher;

beforeAll(async () => {
  const { machines } = await prepareSandbox('qemu');
  if (machines === undefined) throw new Error('no machines were prepared');
  const { images, bootDisk, acceleration } = machines;
  const options = ['--machines', 'qemu', '--boot-disk', bootDisk, '--accel', acceleration.accelerator];
  server = await SandboxServer.start([debianEntry('x86_64', images.get('debian:12')?.disk)], options);
  ec2 = server.ec2(REGION);
  launcher = await Launcher.create(ec2);
});

afterAll(async () => {
  await launcher?.[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const config = (greeting: string) =>
  regionConfig({
    bucket: 'acme-{account}-{region}',
    values: { greeting },
    required: ['greeting'],
    service: 'demo.service',
    onChange: 'restart',
    refresh: 5,
  });

/** As `bake region-config` has it. */
function place(greeting: string): Place {
  const target = { account: '123456789012' as AccountId, region: REGION as Region, mode: 'copy' as const };
  const targets = [{ channel: 'staging' as ChannelName, target }];
  const image = 'api' as ImageName;
  const [publication] = publications({ image, config: config(greeting), targets, sources: new Map() });
  if (publication === undefined) throw new Error('nothing is published');
  const connection = { region: REGION, endpoint: server.endpoint, credentials: CREDENTIALS };
  const bucket = createRegionBucket(connection, { target, bucket: publication.bucket, tags: {} });
  return { id: targetId(target), image, publication, bucket };
}

const context = { emit: () => {}, signal: new AbortController().signal, now: () => new Date() };

const push = async (greeting: string) => publish(await lookAt(place(greeting), true), context);

const rollback = async () => rollBack(await lookBack(place('any'), undefined), context);

async function launch(): Promise<Machine> {
  await fetch(`${server.endpoint}/_bake/instance-profile/api`, { method: 'POST' });
  const { Images } = await ec2.send(new DescribeImagesCommand({}));
  return launcher.launch(Images?.[0]?.ImageId ?? '', { profile: 'api' });
}

/** The files of an image with region config, and a service that serves what it was started with. */
async function laid(): Promise<Buffer> {
  const templates = await loadTemplates(undefined);
  const sources = Object.fromEntries(LOADER_FILES.map((name) => [name, templates[`region-config/${name}`]]));
  const unit = `[Service]\nEnvironmentFile=/var/lib/bake/region-config/current/values.env\nExecStart=/bin/sh -c 'echo "$GREETING" >>/run/greeted; exec sleep inf'\n`;
  const entries = [
    ...regionConfigEntries('api' as ImageName, config(''), sources as LoaderSources),
    { path: 'etc/systemd/system/demo.service', mode: '0644', content: { kind: 'text', text: unit } as const },
  ];
  return writeArchive(entries, {});
}

it(
  'loads on a real machine as its role, from its own bucket, and restarts the service once when a value changes or comes back',
  async () => {
    const machine = await launch();
    await until(() => machine.run('cloud-init status --wait').catch(() => undefined), 8 * minutes);
    const files = (await laid()).toString('base64');
    await machine.run(`echo ${files} | base64 -d | sudo tar -xpf - -C / --keep-directory-symlink`);
    await machine.run('sudo systemctl daemon-reload');

    // Nothing is published: the service does not start.
    const refused = await machine.run(
      'sudo systemctl start demo.service || true; systemctl is-active demo.service || true',
    );
    expect(refused.trim().split('\n').at(-1)).toBe('inactive');
    expect(await machine.run('bake-region-config status || true')).toContain('bucket-missing');

    // The timer finds what is published, and starts the service that was held back.
    expect(await push('hello $HOME')).toMatchObject({ status: 'published', serial: 1 });
    await machine.run('sudo systemctl start bake-region-config-refresh.service');
    await until(async () => (await machine.run('cat /run/greeted || true')) === 'hello $HOME', minutes);
    await machine.run('sudo systemctl start bake-region-config-refresh.timer');
    expect(await push('goodbye')).toMatchObject({ status: 'published', serial: 2 });
    await until(async () => (await machine.run('cat /run/greeted')) === 'hello $HOME\ngoodbye', minutes);

    // What was there before is content of its own again: loaded by the timer, once.
    expect(await rollback()).toMatchObject({ status: 'published', serial: 3 });
    const greeted = 'hello $HOME\ngoodbye\nhello $HOME';
    await until(async () => (await machine.run('cat /run/greeted')) === greeted, minutes);

    // Equal content: nothing is published, and the timer's next looks do nothing.
    expect(await push('hello $HOME')).toEqual({ status: 'unchanged', serial: 3 });
    const looks = async () =>
      Number(await machine.run(`sudo journalctl -o cat -u bake-region-config-refresh.service | grep -c Finished`));
    const before = await looks();
    await until(async () => (await looks()) > before + 1, minutes);
    expect(await machine.run('cat /run/greeted')).toBe(greeted);

    const journal = await machine.run('sudo journalctl -o cat -u "bake-region-config*" | grep "region-config "');
    expect(journal).toContain('region-config failed: reason="bucket-missing"');
    for (const serial of [2, 3])
      expect(journal.match(new RegExp(`^region-config changed: serial=${serial} `, 'gm'))).toHaveLength(1);
    const owner = await machine.run('sudo stat -c "%a %U:%G" /var/lib/bake/region-config/current/values.env');
    expect(owner).toBe('640 root:root');

    const asked = (await server.log()).split('\n').filter((line) => line.endsWith(` ${machine.id}`));
    expect(asked.length).toBeGreaterThan(3);
    for (const line of asked) expect(line).toMatch(new RegExp(` s3 ${REGION} GET /${BUCKET}/api/`));
  },
  20 * minutes,
);
