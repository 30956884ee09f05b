import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliEvent, eventsOf, resultOf } from '../helpers/cli.ts';
import { CliSandbox } from '../helpers/cli-sandbox.ts';
import type { Project, ProjectSpec } from '../helpers/project.ts';
import { tell } from '../helpers/sampled.ts';
import { TerminalCli } from '../helpers/terminal.ts';

const sh = (text: string) => `#!/bin/sh\nset -eu\n${text}\n`;

const TOKEN = 'token-of-the-private-registry';

// Layers without packages: what takes its time here is the machine.
const spec: ProjectSpec = {
  images: {
    base: { source: 'debian:12', layers: ['os'] },
    app: {
      parent: 'base',
      layers: ['one', 'two'],
      variables: { colour: 'dark blue' },
      secrets: { token: { env: 'SHELL_TOKEN' } },
      artifacts: { bin: { path: 'dist/bin', destination: '/opt/bin', mode: '0750', group: 'daemon' } },
    },
    unbaked: { source: 'debian:12' },
    orphan: { parent: 'unbaked', layers: ['three'] },
  },
  settings: { build: { timeLimits: { connect: '5m' } } },
  layers: {
    os: { 'files/etc/motd': 'from base\n' },
    one: { 'scripts/10-one.sh': sh('useradd --system app\necho one >/etc/one') },
    two: {
      'layer.yaml': 'files: [{ path: /etc/two.conf, owner: app }]\n',
      'files/etc/two.conf.hbs': 'colour = {{colour}}\n',
      'scripts/10-two.sh': sh(
        'cat /etc/one /etc/motd\necho "$BAKE_VAR_colour" >/etc/two\nstat -c "%a %G" /opt/bin\ncat "$BAKE_SECRETS/token"',
      ),
    },
    three: { 'files/etc/three': 'three\n' },
  },
};

let sandbox: CliSandbox;
let project: Project;
beforeAll(async () => {
  sandbox = await CliSandbox.up();
  project = await sandbox.project(spec, { SHELL_TOKEN: TOKEN });
  project.patience = 800_000;
  await project.write('dist/bin', 'first build\n');
  const { code, stdout } = await project.bake(['base', 'base', '--sandbox', '--json']);
  if (code !== 0) throw new Error(stdout);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

interface Ready {
  readonly instanceId: string;
  readonly seconds: number;
  readonly layers: readonly { readonly layer: string; readonly seconds: number }[];
}

const eventOf = (stdout: string, type: string): CliEvent | undefined =>
  eventsOf(stdout).findLast((event) => event.type === type);
const readyOf = (stdout: string) => eventOf(stdout, 'shell-ready') as unknown as Ready;
const outputOf = (stdout: string) => eventsOf(stdout).flatMap(({ type, line }) => (type === 'output' ? [line] : []));

it('runs a layer on a machine from the parent, again and again in seconds, and registers nothing', async () => {
  const run = ['shell', 'app', '--layer', 'two', '--json'];
  const first = await project.bake(run);
  expect({ code: first.code, result: resultOf(first.stdout) }).toMatchObject({ code: 0, result: { outcomes: {} } });
  const launched = readyOf(first.stdout);
  expect(launched.layers.map(({ layer }) => layer)).toEqual(['one', 'two']);
  expect(outputOf(first.stdout)).toEqual(expect.arrayContaining(['one', 'from base', '750 daemon', '***']));
  expect(first.stdout).not.toContain(TOKEN);

  await project.write('layers/two/scripts/10-two.sh', sh('stat -c %U /etc/two.conf\necho broken >&2\nexit 7'));
  const broken = await project.bake(run);
  expect({ code: broken.code, error: resultOf(broken.stdout).error }).toMatchObject({
    code: 1,
    error: {
      code: 'layer-failed',
      message: expect.stringContaining('layers/two/scripts/10-two.sh failed with exit code 7'),
    },
  });
  expect(outputOf(broken.stdout)).toContain('broken');

  await project.write('layers/two/scripts/10-two.sh', sh('cat /etc/two.conf /opt/bin\necho mended'));
  await project.write('dist/bin', 'second build\n');
  const again = await project.bake(run);
  const ready = readyOf(again.stdout);
  expect(again.code).toBe(0);
  expect(eventOf(again.stdout, 'shell-started')).toMatchObject({ reused: true });
  expect(ready.instanceId).toBe(launched.instanceId);
  expect(ready.layers.map(({ layer }) => layer)).toEqual(['two']);
  expect(outputOf(again.stdout)).toEqual(expect.arrayContaining(['colour = dark blue', 'second build', 'mended']));
  expect(ready.seconds).toBeLessThan(launched.seconds / 2);
  tell(
    `bake shell: ${launched.seconds} s from start to a machine with two layers, ${ready.seconds} s to run one again`,
  );

  expect((await project.bake(['shell', 'app', '--end'])).stdout).toBe('The machine has ended.\n');
  expect((await project.bake(['shell', 'app', '--end'])).stdout).toBe('There was no machine.\n');
  expect(await sandbox.leftovers()).toEqual([]);
  const { images } = JSON.parse((await project.bake(['list', '--sandbox', '--json'])).stdout);
  expect(images.map(({ image }: { image: string }) => image)).toEqual(['base']);
});

it('gives a prompt with the layer’s files, what came before it run, and ends the machine with it', async () => {
  const started = Date.now();
  const terminal = new TerminalCli(['shell', 'two'], project.dir, { ...project.env });
  // What is shown is the sum, and what is typed is not, so that the echo of the keys is no answer.
  await terminal.answer(
    'runs a layer again',
    'id -u; pwd; cat /etc/one /etc/two.conf $BAKE_SECRETS/*; ls /etc/two; echo end-$((40+2))\n',
    800_000,
  );
  await terminal.answer('end-42', 'exit\n');
  tell(`bake shell: ${Math.round((Date.now() - started) / 1000)} s from start to the end of the first command`);
  expect(await terminal.ended).toBe(0);
  for (const words of ['/var/lib/bake-build/layers/2', 'colour = dark blue', TOKEN, "cannot access '/etc/two'"]) {
    expect(terminal.shown).toContain(words);
  }
  expect(terminal.shown).toMatch(/^0\r?$/m);
  expect(await sandbox.leftovers()).toEqual([]);
});

it('says which parent has to be baked first, before anything is launched', async () => {
  const { code, stdout } = await project.bake(['shell', 'orphan', '--keep', '--json']);
  expect({ code, error: resultOf(stdout).error }).toMatchObject({
    code: 2,
    error: { message: expect.stringContaining('unbaked, the parent'), hint: 'Bake it: bake base unbaked --sandbox.' },
  });
  expect(await sandbox.leftovers()).toEqual([]);
});
