import { BakeError } from '../model/errors.ts';
import type { SourceAmiLookup } from '../model/source-ami.ts';
import type { RefusedSourceAmi } from '../plan/source-ami.ts';
import type { PinKey } from '../plan/source-lock.ts';

export function sourceAmiNotLocked(key: PinKey): BakeError {
  return new BakeError({
    code: 'source-ami-not-locked',
    message: `the lock file does not pin ${describe(key)}, and --frozen looks nothing up`,
    hint: 'Pin it with bake update and commit bake.lock.json.',
    blame: 'user',
  });
}

export function sourceAmiNotFound(key: PinKey, lookup: SourceAmiLookup): BakeError {
  return new BakeError({
    code: 'source-ami-not-found',
    message: `no AMI found for ${describe(key)}: there is no ${sought(lookup)}`,
    hint: 'Check the name, the owner and the region. GovCloud and China have other owners; write { name, owner } there. The sandbox has Debian, and what sandbox.images in the configuration names.',
    blame: 'user',
  });
}

export function sourceAmiRefused(key: PinKey, { imageId, name, because }: RefusedSourceAmi): BakeError {
  return new BakeError({
    code: 'source-ami-refused',
    message: `${imageId} (${name}) cannot be the source of ${describe(key)}: ${because}`,
    hint: 'Name another source AMI in the configuration.',
    blame: 'user',
  });
}

function describe({ source, region, architecture }: PinKey): string {
  return `${source} on ${architecture} in ${region}`;
}

function sought(lookup: SourceAmiLookup): string {
  switch (lookup.by) {
    case 'parameter':
      return `SSM parameter ${lookup.parameter} with the id of an AMI that still exists`;
    case 'name':
      return `${lookup.architecture} AMI named ${lookup.name} owned by ${lookup.owner}`;
    case 'id':
      return lookup.owner === 'self' ? `AMI ${lookup.id} of this account` : `AMI ${lookup.id}`;
  }
}
