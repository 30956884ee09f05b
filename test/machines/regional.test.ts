import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { Launcher } from '../helpers/cli-machines.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import { until } from '../helpers/sandbox-server.ts';

const minutes = 60_000;

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
});
afterAll(() => sandbox?.down());

it('fails a bake whose layers leave an endpoint of one region, written in a way that only the machine tells', async () => {
  await using project = await sandbox.project({
    images: { regional: { source: 'debian:12', layers: ['regional'] } },
    layers: {
      regional: {
        'scripts/10-endpoint.sh': `#!/bin/sh
set -eu
where=$(printf 'us-%s-1' east)
printf 'name=api\\nqueue=https://sqs.%s.amazonaws.com/\\n' "$where" >/etc/api.conf
`,
      },
    },
  });
  project.patience = 15 * minutes;
  const { code, stdout } = await project.bake(['base', 'regional', '--sandbox', '--json']);
  const { error } = resultOf(stdout).outcomes['regional/x86_64'] ?? {};
  expect({ code, error: error?.code }).toEqual({ code: 1, error: 'image-not-neutral' });
  expect(error?.details?.join('\n')).toMatch(/regional.*\/etc\/api\.conf:2/);
  expect(await sandbox.leftovers()).toEqual([]);
});

it(
  'loads region config by its user-data alone on an AMI that bake has not made',
  async () => {
    const regionConfig = {
      bucket: 'acme-config-{account}-{region}',
      instanceProfile: 'web',
      values: { greeting: 'hello $HOME' },
    };
    await using project = await sandbox.project({
      images: { web: { source: 'debian:12', layers: [], regionConfig } },
      settings: { channels: { staging: { targets: [{ regions: ['us-east-1'] }] } } },
    });
    const pushed = await project.bake(['region-config', 'push', 'web', '--create-buckets', '--yes', '--sandbox']);
    expect(pushed.code, pushed.stderr).toBe(0);
    const written = await project.bake(['user-data', 'web', '--standalone', '--out', 'user-data']);
    expect(written.code, written.stderr).toBe(0);
    const userData = await readFile(join(project.dir, 'user-data'));

    await fetch(`${sandbox.endpoint}/_bake/instance-profile/web`, { method: 'POST' });
    const ec2 = sandbox.ec2();
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({}));
    const debian = Images.find(({ Name }) => Name?.startsWith('debian-12-amd64'));
    await using launcher = await Launcher.create(ec2);
    await using machine = await launcher.launch(debian?.ImageId ?? '', { profile: 'web', userData });
    await until(() => machine.run('cloud-init status --wait').catch(() => undefined), 8 * minutes);
    const [values, status] = await machine.runAll(
      'sudo cat /var/lib/bake/region-config/current/values.env',
      'bake-region-config status',
    );
    // Quoted as systemd reads it.
    expect(values).toContain('GREETING="hello \\$HOME"');
    expect(status).toContain('serial   1');
  },
  20 * minutes,
);
