import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { realPacker } from '../../helpers/cli-packers.ts';
import { inNamespace } from '../../helpers/namespace.ts';
import { Project, type ProjectSpec } from '../../helpers/project.ts';

/** All that a template can hold: files, a template, scripts around a reboot, variables with awkward characters. */
const everything: ProjectSpec = {
  settings: { tags: { note: 'a b + - = . _ : / @' } },
  images: {
    base: {
      source: 'debian:12',
      layers: ['os'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what HCL would expand.
      variables: { greeting: 'it\'s "quoted" ${HOME} {{name}}\nand more' },
      rootVolume: { sizeGiB: 12, type: 'gp3', throughput: 200 },
    },
    api: { parent: 'base', layers: ['app'] },
  },
  layers: {
    os: { 'files/etc/motd.hbs': '{{greeting}}\n', 'scripts/10-os.sh': '#!/bin/sh\ntrue\n' },
    app: {
      'layer.yaml': 'scripts: [10-a.sh, reboot, 20-b.sh]\n',
      'scripts/10-a.sh': '#!/bin/sh\ntrue\n',
      'scripts/20-b.sh': '#!/bin/sh\ntrue\n',
    },
  },
};

/** A network with not even a loopback interface that is up. */
const withoutNetwork = inNamespace('--net');

async function contentOf(dir: string): Promise<Record<string, string>> {
  const names = await readdir(dir);
  const files = names.map(async (name) => [name, await readFile(join(dir, name), 'base64')] as const);
  return Object.fromEntries(await Promise.all(files));
}

it.each(['base', 'api'])('renders what Packer accepts for %s, always the same, asking nobody', async (image) => {
  await using project = await Project.create(everything);
  const bogus = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_PROFILE: 'nobody', BAKE_SANDBOX: '' };
  for (const out of ['first', 'second']) {
    const { code, stderr } = await project.start(['render', image, '--out', out], bogus, withoutNetwork).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  const dir = join(project.dir, 'first');
  const content = await contentOf(dir);
  expect(Object.keys(content).sort()).toEqual(['image.pkr.hcl', 'payload.tar', 'record-input.json']);
  expect(await contentOf(join(project.dir, 'second'))).toEqual(content);

  const packer = await realPacker();
  const env = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', CHECKPOINT_DISABLE: '1' };
  await execa(packer, ['fmt', '-check', '-diff', '.'], { cwd: dir, env });
  await execa(packer, ['validate', '.'], { cwd: dir, env });
});
