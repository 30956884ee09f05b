import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { probeTools } from '../../src/setup/probe.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A folder with one executable in it: a shell script. */
async function folderWith(name: string, script: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return folder;
}

const cracklib = () => folderWith('packer', 'cat; echo "0 words written"');
const packer = () => folderWith('packer', 'echo "1700000000,,version,1.6.6"; echo "1700000000,,ui,say,Packer v1.6.6"');

describe('probeTools', () => {
  it('passes over a program of the same name', async () => {
    const [first, second] = [await cracklib(), await packer()];
    const [row] = await probeTools(['packer'], { folders: [first, second] });
    expect(row).toMatchObject({ status: 'present', path: join(second, 'packer'), version: '1.6.6' });
  });

  it('says which program did not answer', async () => {
    const folder = await cracklib();
    expect(await probeTools(['packer'], { folders: [folder] })).toEqual([
      {
        name: 'packer',
        purpose: 'bakes images',
        status: 'missing',
        problem: `${folder}/packer does not answer \`version -machine-readable\` as it should`,
      },
    ]);
  });

  it('does not take a folder or a text file for a tool', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'git'));
    await writeFile(join(folder, 'packer'), 'notes');
    const rows = await probeTools(['git', 'packer'], { folders: [folder, '/nowhere'] });
    expect(rows.map((row) => row.status === 'missing' && row.problem)).toEqual(['not found', 'not found']);
  });

  it('refuses a Python that cannot make environments', async () => {
    const folder = await folderWith('python3', 'echo "No module named ensurepip" >&2; exit 1');
    const [row] = await probeTools(['python3'], { folders: [folder] });
    expect(row?.status).toBe('missing');
  });

  it('stops when told to', async () => {
    const folder = await folderWith('git', 'exec sleep 30');
    const stop = new AbortController();
    const probing = probeTools(['git'], { folders: [folder], signal: stop.signal });
    const reason = new Error('Ctrl-C');
    stop.abort(reason);
    await expect(probing).rejects.toBe(reason);
  });
});
