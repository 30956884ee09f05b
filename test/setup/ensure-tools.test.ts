import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkTools, ensureTool, ensureTools } from '../../src/setup/ensure-tools.ts';
import { cachedPackerFolder, PACKER_RELEASE } from '../../src/setup/packer-cache.ts';
import { releasePlatform } from '../../src/setup/plan-install.ts';
import type { StepEvent } from '../../src/setup/steps.ts';
import { fakeSystem } from './fake-system.ts';
import { serve } from './local-server.ts';
import { zipOf } from './zip-archive.ts';

/** Prints the script of a Packer that works. */
const PACKER = `printf '#!/bin/sh\\necho 1,,version,1.6.6\\n' >packer; /bin/chmod 755 packer`;
const GIT = `printf '#!/bin/sh\\necho git version 2.1\\n' >git; /bin/chmod 755 git`;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('ensureTools', () => {
  it('installs what is missing and tells where it is', async () => {
    const system = await fakeSystem(PACKER);
    const events: StepEvent[] = [];
    const tools = await ensureTools(['packer'], { onStep: (event) => events.push(event) });
    expect([...tools]).toEqual([['packer', join(system.folder, 'packer')]]);
    expect(await system.aptCalls()).toEqual(['install -y --no-install-recommends packer']);
    expect(events.map(({ step, state }) => `${step}: ${state}`)).toEqual([
      'install packer: started',
      'install packer: done',
    ]);
  });

  it('tells the version of one tool, installed or there', async () => {
    const { folder } = await fakeSystem(PACKER);
    const packer = { name: 'packer', path: join(folder, 'packer'), version: '1.6.6' };
    expect(await ensureTool('packer')).toMatchObject(packer);
    expect(await ensureTool('packer')).toMatchObject(packer);
  });

  it('fetches the package lists where they are needed, and only there', async () => {
    const system = await fakeSystem(
      `[ -e updated ] || { echo 'E: Unable to locate package' >&2; exit 100; }; ${PACKER}`,
    );
    await ensureTools(['packer']);
    const install = 'install -y --no-install-recommends packer';
    expect(await system.aptCalls()).toEqual([install, 'update', install]);
  });

  it("takes HashiCorp's release where the distribution has no package of Packer", async () => {
    const archive = zipOf({ packer: '#!/bin/sh\necho 1,,version,9.8.7\n' });
    const sum = createHash('sha256').update(archive).digest('hex');
    const name = `packer_${PACKER_RELEASE}_${releasePlatform(process)}.zip`;
    const at = `/packer/${PACKER_RELEASE}`;
    await using server = await serve({
      [`${at}/packer_${PACKER_RELEASE}_SHA256SUMS`]: `${sum}  ${name}\n`,
      [`${at}/${name}`]: archive,
    });
    const system = await fakeSystem(
      `case "$*" in *packer*) echo "E: Unable to locate package packer" >&2; exit 100; esac; ${GIT}`,
    );
    vi.stubEnv('BAKE_PACKER_RELEASES_URL', server.url);
    const tools = await ensureTools(['git', 'packer']);
    expect(tools.get('packer')).toBe(join(cachedPackerFolder(), 'packer'));
    expect((await system.aptCalls()).at(-1)).toBe('install -y --no-install-recommends git');
  });

  it('changes nothing, and is silent, where everything is there', async () => {
    const system = await fakeSystem('exit 1');
    await system.add('packer', 'echo 1,,version,1.6.6');
    const onStep = vi.fn();
    await ensureTools(['packer'], { onStep });
    expect(onStep).not.toHaveBeenCalled();
    expect(await system.aptCalls()).toEqual([]);
  });

  it('shows the output of an installation that failed', async () => {
    await fakeSystem('echo "E: no space left" >&2; exit 100');
    await expect(ensureTools(['packer'])).rejects.toMatchObject({
      code: 'command-failed',
      details: ['E: no space left'],
    });
  });

  it('says that a package did not bring its tool', async () => {
    await fakeSystem('exit 0');
    await expect(ensureTools(['packer'])).rejects.toMatchObject({
      code: 'tools-missing',
      message: 'the packages were installed, but packer still cannot be used',
      details: ['packer: not found'],
    });
  });
});

describe('checkTools', () => {
  it('lists all that cannot be installed, before anything is', async () => {
    const system = await fakeSystem(PACKER);
    await system.add('apt-get', 'exit 127');
    await expect(checkTools(['qemu-img', 'git', 'packer'])).rejects.toMatchObject({
      code: 'tools-missing',
      message: 'this machine lacks qemu-img, git, and bake cannot install them here',
      details: [
        "qemu-img (makes the disks of the sandbox's instances): not found",
        'git (names the commit that an image was made from): not found',
      ],
      hint: 'Install qemu-img and put it on PATH.\nInstall git and put it on PATH.',
    });
  });
});
