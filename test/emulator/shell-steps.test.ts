import { execa } from 'execa';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { ImageName } from '../../src/model/ids.ts';
import { provisionSteps } from '../../src/render/provisioning.ts';
import { SHELL_COMMANDS, stepsToTake } from '../../src/render/shell-commands.ts';
import { settleArtifacts } from '../../src/run/artifacts.ts';
import { bakePayload } from '../../src/run/rendered-folder.ts';
import { secretsArchive } from '../../src/run/secret-file.ts';
import { loadTemplates } from '../../src/run/templates.ts';
import { projectWith } from '../config/project.ts';
import { sha256 } from '../helpers/builders.ts';
import { inNamespace } from '../helpers/namespace.ts';

const CONFIG = `
project: acme
region: us-east-1
images:
  base: { source: 'debian:12' }
  app: { parent: base, layers: [one, two], variables: { colour: dark blue } }
`;
const WITH_SENT = `
project: acme
region: us-east-1
images:
  app:
    source: 'debian:12'
    layers: [one]
    secrets: { token: { env: TOKEN } }
    artifacts: { app: { path: dist/app, destination: /opt/app/bin, mode: '0600' } }
`;
const executable = (text: string) => ({ text: `#!/bin/sh\nset -eu\n${text}\n`, mode: 0o755 });

// Only what is below /var/lib is the test's machine, so the layers stay there.
const FILES = {
  'bake.config.yaml': CONFIG,
  'layers/one/files/var/lib/app/one.conf.hbs': 'colour = {{colour}}\n',
  'layers/one/scripts/10-one.sh': executable('echo "$BAKE_IMAGE: $BAKE_VAR_colour" >/var/lib/app/said'),
  'layers/two/files/var/lib/app/two.conf': 'two\n',
  "layers/two/scripts/10-it's two.sh": executable('echo again >>/var/lib/app/said; ls'),
};

/** Runs commands as the login user of a machine would, on one whose /var/lib is empty; what they print. */
async function onMachine(payload: Buffer, commands: readonly string[]): Promise<string> {
  const script =
    'for i in /var/lib /var/tmp /run /opt; do mount -t tmpfs none $i; done; sudo() { shift; "$@"; }; eval "$1"';
  const [command = '', ...words] = [...inNamespace('--mount'), 'sh', '-euc', script, 'sh', commands.join('\n')];
  return (await execa(command, words, { input: payload })).stdout;
}

it('lays, runs and opens a prompt by the runner of a bake, with the variables of the image', async () => {
  await using project = await projectWith(FILES);
  const config = await loadConfig({ cwd: project.root });
  const image = config.images.get('app' as ImageName);
  if (image === undefined) throw new Error('there is an image');
  const layers = image.layers.flatMap((name) => config.layers.get(name) ?? []);
  const templates = await loadTemplates(undefined);
  const payload = await bakePayload({ config, image, architecture: 'x86_64', layers, templates });

  const steps = provisionSteps(layers);
  const wanted = { steps, layers, ran: [], fresh: true, layer: image.layers[1] };
  const commands = (rerun: boolean) =>
    stepsToTake({ ...wanted, rerun }).flatMap((one) => one.steps.map((step) => SHELL_COMMANDS.step(step, layers)));
  const typed = 'pwd; printf "%s\\n" "$BAKE_VAR_colour"; ls scripts; cat /var/lib/app/*';
  const prompt = `printf '%s\\n' '${typed}' | ${SHELL_COMMANDS.prompt(2)} 2>/dev/null`;

  const forPrompt = await onMachine(payload, [SHELL_COMMANDS.unpack, ...commands(false), prompt]);
  expect(forPrompt.split('\n')).toEqual([
    '/var/lib/bake-build/layers/2',
    'dark blue',
    "10-it's two.sh",
    'colour = dark blue',
    'app: dark blue',
    'two',
  ]);
  const whole = await onMachine(payload, [SHELL_COMMANDS.unpack, ...commands(true), 'cat /var/lib/app/said']);
  expect(whole.split('\n').slice(-2)).toEqual(['app: dark blue', 'again']);
});

it('finds volumes for a prompt where no script has run yet', async () => {
  await using project = await projectWith({
    ...FILES,
    'bake.config.yaml': CONFIG.replace('layers: [one, two],', 'layers: [one, two], volumes: { data: { sizeGiB: 1 } },'),
  });
  const config = await loadConfig({ cwd: project.root });
  const image = config.images.get('app' as ImageName);
  if (image === undefined) throw new Error('there is an image');
  const templates = await loadTemplates(undefined);
  const layers = image.layers.flatMap((one) => config.layers.get(one) ?? []);
  const payload = await bakePayload({ config, image, architecture: 'x86_64', layers, templates });
  const finder = `import os, sys; os.makedirs(sys.argv[2]); open(sys.argv[2] + "/data", "w")`;
  const replaced = `printf '%s\n' '${finder}' >/var/lib/bake-build/volumes.py`;
  const prompt = `printf '%s\n' 'ls "$BAKE_VOLUMES"' | ${SHELL_COMMANDS.prompt(1)} 2>/dev/null`;
  expect(await onMachine(payload, [SHELL_COMMANDS.unpack, replaced, prompt])).toBe('data');
});

it('gives secrets in memory and lays artefacts, also once more', async () => {
  await using project = await projectWith({
    'bake.config.yaml': WITH_SENT,
    'layers/one/scripts/10-one.sh': executable('cat "$BAKE_SECRETS/token" /opt/app/bin; stat -c %a /opt/app/bin'),
  });
  const loaded = await loadConfig({ cwd: project.root });
  const name = 'app' as ImageName;
  const artifacts = { digestOf: async () => sha256('first'), fileOf: async () => '' };
  const { config } = await settleArtifacts(loaded, [name], artifacts, 'needed');
  const image = config.images.get(name);
  if (image === undefined) throw new Error('there is an image');
  const layers = image.layers.flatMap((one) => config.layers.get(one) ?? []);
  const templates = await loadTemplates(undefined);
  const payload = await bakePayload({ config, image, architecture: 'x86_64', layers, templates });
  const archive = (await secretsArchive({ token: 'of npm\n' })).toString('base64');

  const run = provisionSteps(layers).map((step) => SHELL_COMMANDS.step(step, layers));
  const send = `printf %s ${archive} | base64 -d | ${SHELL_COMMANDS.secrets}`;
  const upload = `printf first | ( ${SHELL_COMMANDS.receive('/var/tmp/bake-artifact-1')} )`;
  const where = `findmnt -no FSTYPE /run/bake/secrets; ${SHELL_COMMANDS.prompt(1)} <<'E' 2>/dev/null\necho $BAKE_SECRETS\nE`;
  const once = [send, upload, SHELL_COMMANDS.artifacts, ...run, where];
  const said = await onMachine(payload, [SHELL_COMMANDS.unpack, ...once, ...once]);
  const each = ['of npm', 'first600', 'ramfs', '/run/bake/secrets'];
  expect(said.split('\n')).toEqual([...each, ...each]);
  const other = upload.replace('first', 'other');
  await expect(onMachine(payload, [SHELL_COMMANDS.unpack, other, SHELL_COMMANDS.artifacts])).rejects.toMatchObject({
    stdout: expect.stringMatching(/^::bake:: artifact 1 content$/m),
  });
});
