import { parseBad } from '../model/bad.ts';
import { parseAmiId, parseFingerprint } from '../model/ids.ts';
import type { AmiState, KnownImage } from '../model/known-image.ts';
import { parseAmiName } from '../model/names.ts';
import { TAG } from '../model/tags.ts';
import { parseTried } from '../model/tried.ts';
import type { Image as SdkImage } from './sdk/ec2.ts';
import { tagsOf } from './tags.ts';

/**
 * What the name and the tags of an AMI say. The name decides which image, version and architecture it is: Packer 1.6.6
 * tags its AMI only after creating it. Undefined for an AMI that is not the project's.
 */
export function knownImageOf(project: string, ami: SdkImage): KnownImage | undefined {
  const imageId = parseAmiId(ami.ImageId ?? '');
  const parts = parseAmiName(project, ami.Name ?? '');
  if (imageId === undefined || parts === undefined) return undefined;
  const tags = tagsOf(ami.Tags);
  const bad = tags[TAG.bad];
  return {
    imageId,
    name: ami.Name ?? '',
    state: (ami.State ?? 'pending') as AmiState,
    createdAt: ami.CreationDate ?? '',
    ...parts,
    ...defined({
      fingerprint: parseFingerprint(tags[TAG.fingerprint] ?? ''),
      nonce: tags[TAG.nonce],
      parent: tags[TAG.parent],
      parentImageId: parseAmiId(tags[TAG.parentAmi] ?? ''),
      sourceAmi: parseAmiId(tags[TAG.sourceAmi] ?? ''),
      sourceName: tags[TAG.sourceName],
      commit: tags[TAG.commit],
      recordDigest: tags[TAG.record],
      tried: parseTried(tags[TAG.tried] ?? ''),
      bad: bad === undefined ? undefined : parseBad(bad),
      inputGroups: tags[TAG.inputs],
      rootDeviceName: ami.RootDeviceName,
    }),
    markedBad: bad !== undefined,
    snapshotIds: (ami.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => (Ebs?.SnapshotId ? [Ebs.SnapshotId] : [])),
    tags,
  };
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends Record<string, unknown>>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
