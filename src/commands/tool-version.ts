import { readFileSync } from 'node:fs';
import { packageFile } from '../setup/paths.ts';

/** This package's version. */
export function toolVersion(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
}
