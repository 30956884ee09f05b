import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { exportText } from '../../src/render/export.ts';
import { EXPORT_CASES } from '../helpers/export-cases.ts';
import { temporaryFolder } from '../helpers/layers-on-disk.ts';

/** Packer reads the same language, and has locals too. */
test.each(Object.entries(EXPORT_CASES))('%s is formatted as Terraform is, and has every AMI', async (_, request) => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'amis.pkr.hcl'), exportText('terraform', request));
  const options = { cwd: folder.path, env: { CHECKPOINT_DISABLE: '1' } };
  await execa('packer', ['fmt', '-check', '-diff', '.'], options);
  for (const { image, amis } of request.images) {
    const input = `jsonencode(local.prod_${image}_amis)`;
    const { stdout } = await execa('packer', ['console', '.'], { ...options, input });
    expect(JSON.parse(stdout)).toEqual(amis);
  }
});
