import { afterAll, beforeAll, expect, it } from 'vitest';
import { resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
});
afterAll(() => sandbox?.down());

// The builder runs on; whatever is launched from its image finds no root file system.
const SPOIL = '#!/bin/sh\nset -eu\nfor initrd in /boot/initrd.img-*; do : >"$initrd"; done\n';

it('says in bounded time that a machine never boots, with the console’s last lines, and leaves nothing', async () => {
  await using project = await sandbox.project({
    images: { dead: { source: 'debian:12', layers: ['dead'] } },
    settings: { build: { timeLimits: { connect: '90s' } } },
    layers: { dead: { 'scripts/10-spoil.sh': SPOIL } },
  });
  project.patience = 900_000;
  const baked = await project.bake(['base', 'dead', '--sandbox', '--json']);
  expect(resultOf(baked.stdout), baked.stdout.slice(-3000)).toMatchObject({ ok: true });
  const { code, stdout } = await project.bake(['try', 'dead', '--sandbox', '--json']);
  const { error } = resultOf(stdout).outcomes['dead/x86_64'] ?? {};
  expect({ code, error }).toMatchObject({
    code: 1,
    error: { details: expect.arrayContaining(['last lines of the console:']) },
  });
  expect(error?.details?.join('\n')).toContain('Kernel panic');
  expect(await sandbox.leftovers()).toEqual([]);
});
