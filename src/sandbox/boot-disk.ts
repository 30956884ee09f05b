import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDir, packageFile } from '../setup/paths.ts';
import { run } from '../setup/process.ts';
import type { StepContext } from '../setup/steps.ts';

/**
 * The disk that starts the kernel of a machine's image, out of the cache or made now, which takes no time worth a
 * step. Needs `grub-mkimage`. Throws `command-failed`.
 */
export async function ensureBootDisk({ signal }: StepContext = {}): Promise<string> {
  const script = packageFile('src', 'sandbox', 'boot-disk.sh');
  const digest = createHash('sha256')
    .update(await readFile(script))
    .digest('hex')
    .slice(0, 12);
  const disk = join(cacheDir(), 'images', `boot-${digest}.img`);
  if (await exists(disk)) return disk;
  await mkdir(dirname(disk), { recursive: true });
  const scratch = `${disk}.${process.pid}.part`;
  await run('sh', [script, scratch], { signal });
  await rename(scratch, disk);
  return disk;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
