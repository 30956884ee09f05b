import { join } from 'node:path';
import type { PackerMessage, PackerRequest } from '../../src/run/effects.ts';

/** A request in a folder, and what is said in answer to it. */
export function packerRequest(dir: string, other: Partial<PackerRequest> = {}) {
  const messages: PackerMessage[] = [];
  const request: PackerRequest = {
    dir,
    variables: { ami_name: 'acme/base/1-x86_64' },
    env: { AWS_REGION: 'eu-central-1' },
    manifest: join(dir, 'manifest.json'),
    keepOnError: false,
    signal: new AbortController().signal,
    onMessage: (message) => messages.push(message),
    ...other,
  };
  return { request, messages };
}

export const fakePackerPath = (name: string): string => join(import.meta.dirname, '../fixtures/packers', `${name}.sh`);
