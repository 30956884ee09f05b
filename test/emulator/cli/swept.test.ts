import { CreateTagsCommand, DescribeKeyPairsCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { packerBehind } from '../../helpers/cli-packers.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { ask, heldCalls, setFaults } from '../../helpers/interference.ts';
import type { Project } from '../../helpers/project.ts';
import { sampled } from '../../helpers/sampled.ts';
import { until } from '../../helpers/sandbox-server.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());

/** What a bake does one after the other. It is killed when EC2 has done it, before anybody has heard of it. */
const MOMENTS = ['CreateKeyPair', 'CreateSecurityGroup', 'RunInstances', 'StopInstances', 'CreateImage', 'CreateTags'];

/** Kills `bake` and its Packer there. */
async function killAt(action: string, project: Project, packer: () => Promise<number>): Promise<void> {
  const match = { service: 'ec2', action };
  await setFaults(sandbox, [{ match, nth: 1, when: 'after', do: { hold: true } }]);
  const cli = project.start(['base', '--sandbox', '--force', '--json']);
  await until(async () => (await heldCalls(sandbox, 30)).length > 0, 240_000);
  cli.signal('SIGKILL');
  await cli.ended;
  // Of a group of its own; it may not have been started yet.
  const pid = await packer().catch(() => 0);
  if (pid > 0) process.kill(-pid, 'SIGKILL');
  await setFaults(sandbox, []);
  await ask(sandbox, 'faults/release', {});
}

/** As if the run had been dead for as long as it takes to be sure of it. */
async function lapse(): Promise<void> {
  const ec2 = sandbox.ec2();
  const { KeyPairs = [] } = await ec2.send(new DescribeKeyPairsCommand({}));
  const Resources = KeyPairs.flatMap(({ KeyPairId }) => KeyPairId ?? []);
  const Tags = [{ Key: 'bake:alive', Value: '2026-01-01T00:00:00.000Z' }];
  if (Resources.length > 0) await ec2.send(new CreateTagsCommand({ Resources, Tags }));
  const dead = Date.now();
  await until(async () => Date.now() > dead + 2_500, 10_000);
  ec2.destroy();
}

it.each(sampled(MOMENTS, 1, 'moments to kill a bake at'))(
  'of a bake that was killed at %s nothing stays, and of the one before everything',
  { timeout: 480_000 },
  async (action) => {
    await sandbox.reset();
    await using project = await sandbox.project();
    await project.bake(['base', '--sandbox']);
    const before = await project.bake(['list', '--sandbox', '--json']);
    await killAt(action, project, await packerBehind(project, sandbox.endpoint));
    const left = await sandbox.leftovers();
    expect(left.length).toBeGreaterThan(0);
    await lapse();

    const spared = await project.bake(['sweep', '--sandbox', '--yes', '--json']);
    expect(spared.code).toBe(0);
    expect(await sandbox.leftovers()).toEqual(left);
    const swept = await project.bake(['sweep', '--sandbox', '--yes', '--json', '--older-than', '1s']);
    expect(resultOf(swept.stdout)).toMatchObject({ ok: true });
    expect(await sandbox.leftovers()).toEqual([]);
    expect(await project.bake(['list', '--sandbox', '--json'])).toEqual(before);
  },
);
