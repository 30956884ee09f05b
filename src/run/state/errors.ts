import { BakeError } from '../../model/errors.ts';
import { problemOfBucket } from '../buckets.ts';
import type { BucketPlace } from '../region-effects.ts';
import type { LeaseFile } from './lease-file.ts';
import type { StatePlace } from './place.ts';

export const stateBucketProblem = ({ of }: StatePlace, found: Exclude<BucketPlace, { at: 'there' }>): BakeError =>
  problemOfBucket(of, found, {
    nowhere: 'Let bake make it: bake state init.',
    elsewhere: `Say where it is (state.region in the configuration), or give it another name.`,
  });

export function bucketOfAnotherProject({ of: { bucket } }: StatePlace, other: string): BakeError {
  return new BakeError({
    code: 'state-of-another-project',
    message: `bucket ${bucket} is that of project ${other}`,
    hint: 'Give this project a part of its own: state.prefix in the configuration. Or another bucket.',
    blame: 'user',
  });
}

export function stateUnreadable({ of: { bucket } }: StatePlace, key: string, version: unknown): BakeError {
  const newer = typeof version === 'number' && version > 1;
  return new BakeError({
    code: 'state-unreadable',
    message: newer
      ? `${bucket}/${key} is of version ${version}, and this bake reads version 1`
      : `${bucket}/${key} is nothing that this bake can read`,
    hint: newer
      ? 'A newer bake wrote it: install that one here too.'
      : 'Bring an older version of the object back, which the bucket keeps, or delete it.',
    blame: 'user',
  });
}

export function stateOfAnother(
  { of: { bucket } }: StatePlace,
  key: string,
  { channel, image }: { readonly channel: string; readonly image: string },
): BakeError {
  return new BakeError({
    code: 'state-unreadable',
    message: `${bucket}/${key} is the state of ${image} in channel ${channel}`,
    hint: 'Bring an older version of the object back, which the bucket keeps, or delete it.',
    blame: 'user',
  });
}

/** `about`: `api to prod`. */
export function leaseHeld({ owner, acquiredAt, expiresAt }: LeaseFile, about: string, waited: number): BakeError {
  const { user, host, run, pid } = owner;
  const still = waited === 0 ? '' : `, and still after ${waited} s`;
  return new BakeError({
    code: 'lease-held',
    message: `${user} on ${host} has been promoting ${about} since ${acquiredAt} (run ${run}, process ${pid})${still}`,
    hint: `Wait for it with --wait. Should that run be dead, its lease ends by itself at ${expiresAt}.`,
    blame: 'user',
  });
}

export function leaseLost(about: string, because: string): BakeError {
  return new BakeError({
    code: 'lease-lost',
    message: `the lease to promote ${about} was lost: ${because}`,
    hint: 'Run the same command again: it goes on from what is there.',
    blame: 'cloud',
  });
}
