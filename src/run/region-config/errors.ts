import { BakeError } from '../../model/errors.ts';
import { problemOfBucket } from '../buckets.ts';
import type { BucketPlace } from '../region-effects.ts';
import type { Place } from './place.ts';

export const bucketProblem = ({ publication }: Place, found: Exclude<BucketPlace, { at: 'there' }>): BakeError =>
  problemOfBucket(publication, found, {
    nowhere: 'Let bake make it: add --create-buckets to bake region-config push.',
    elsewhere: 'Instances would read across regions: give the bucket of this region another name, or delete that one.',
  });

export function notVersioned({ publication: { bucket } }: Place): BakeError {
  return new BakeError({
    code: 'bucket-not-versioned',
    message: `bucket ${bucket} keeps no versions, so a manifest could not pin them`,
    hint: 'Let bake turn versioning on: bake region-config push --create-buckets. S3 may need some minutes for it; then run it again.',
    blame: 'user',
  });
}

export function manifestUnreadable({ publication: { bucket } }: Place, key: string): BakeError {
  return new BakeError({
    code: 'manifest-unreadable',
    message: `${bucket}/${key} is no manifest that this bake can read`,
    hint: 'Is it of a newer bake? Else delete the object, which keeps its versions, and push again.',
    blame: 'user',
  });
}

export function manifestOfAnother({ image, publication }: Place, key: string, other: string): BakeError {
  return new BakeError({
    code: 'manifest-of-another-image',
    message: `${publication.bucket}/${key} is the manifest of ${other}, not of ${image}`,
    hint: `Give one of the two another prefix or bucket: images.${image}.regionConfig.prefix.`,
    blame: 'user',
  });
}

export function pushedInBetween({ publication: { bucket } }: Place, key: string): BakeError {
  return new BakeError({
    code: 'pushed-in-between',
    message: `${bucket}/${key} was changed by somebody else since it was looked at; theirs stays`,
    hint: 'Run the same command again, and look at the difference again.',
    blame: 'user',
  });
}

export function nothingToRollBackTo({ publication: { bucket } }: Place, key: string, to?: number): BakeError {
  return new BakeError({
    code: 'rollback-impossible',
    message:
      to === undefined
        ? `${bucket}/${key} has no older version with other content`
        : `${bucket}/${key} has no older version with serial ${to}`,
    hint: 'bake region-config push publishes what the configuration says.',
    blame: 'user',
  });
}

export function versionsGone({ publication: { bucket } }: Place, serial: number, names: readonly string[]): BakeError {
  return new BakeError({
    code: 'rollback-impossible',
    message: `serial ${serial} in ${bucket} cannot come back: ${names.length} of its objects are gone`,
    hint: 'Take another serial with --to, or correct the configuration and push. A lifecycle rule may have deleted them.',
    details: names,
    blame: 'user',
  });
}
