import { readFile } from 'node:fs/promises';
import { type AmiId, parseAmiId } from '../model/ids.ts';

/** The AMI that Packer's manifest names; undefined when there is no manifest, or none in it, or more than one. */
export async function amiInManifest(file: string): Promise<AmiId | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return parseManifest(text);
}

export function parseManifest(text: string): AmiId | undefined {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    return undefined;
  }
  const builds = (manifest as { builds?: unknown } | null)?.builds;
  if (!Array.isArray(builds)) return undefined;
  const ids = builds.flatMap((build: { artifact_id?: unknown } | null) => String(build?.artifact_id ?? '').split(','));
  // `us-east-1:ami-…`; more than one region is nothing that our templates ask for.
  return ids.length === 1 ? parseAmiId(ids[0]?.split(':').at(-1) ?? '') : undefined;
}
