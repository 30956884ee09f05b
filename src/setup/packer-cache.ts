import { join } from 'node:path';
import { cacheDir } from './paths.ts';

/** The Packer that bake falls back to where the system has none; checked against HashiCorp's SHA256SUMS. */
export const PACKER_RELEASE = '1.16.0';

/** Where HashiCorp's release of Packer is kept, under its version. */
export const cachedPackerFolder = (): string => join(cacheDir(), 'packer', PACKER_RELEASE);
