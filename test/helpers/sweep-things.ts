import type { TargetId } from '../../src/model/channel.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { Tags } from '../../src/model/image.ts';
import { amiName, keyPairName, securityGroupName } from '../../src/model/names.ts';
import type {
  SeenGroup,
  SeenImage,
  SeenInstance,
  SeenKeyPair,
  SeenSnapshot,
  SeenVolume,
} from '../../src/model/sweep.ts';
import { fingerprintTag, runTags, subjectTags } from '../../src/model/tags.ts';
import { fingerprint, imageName, PROJECT, RUN, version } from './builders.ts';

export const SITE = '123456789012/eu-central-1' as TargetId;
export const API = {
  project: PROJECT,
  image: imageName('api'),
  version: version('1'),
  architecture: 'x86_64',
} as const;
/** The day before that of the tests. */
export const LONG_AGO = '2026-11-19T12:00:00.000Z';
export const OLD_RUN = '20261119T120000-0a1b2c' as RunId;

export const AMI_NAME = amiName(API.project, API.image, API.version, API.architecture);
export const KEY_NAME = keyPairName(API.project, API.image, API.version, API.architecture);
export const OF_RUN = runTags(API, OLD_RUN);
export const SUBJECT = subjectTags(API);
export const FINISHED: Tags = { ...SUBJECT, ...fingerprintTag(fingerprint('api')) };
export const TRIAL_NAME = securityGroupName(API.project, API.image, API.architecture, RUN);

export const anInstance = (other: Partial<SeenInstance> = {}): SeenInstance => ({
  kind: 'instance',
  id: 'i-1',
  name: '',
  tags: OF_RUN,
  createdAt: LONG_AGO,
  ended: false,
  ...other,
});

/** As a bake has it before it is tagged with anything but its subject. */
export const anImage = (other: Partial<SeenImage> = {}): SeenImage => ({
  kind: 'image',
  id: 'ami-1',
  name: AMI_NAME,
  tags: SUBJECT,
  createdAt: LONG_AGO,
  state: 'available',
  copied: false,
  instance: 'i-9',
  snapshots: ['snap-1'],
  ...other,
});

export const aCopy = (other: Partial<SeenImage> = {}): SeenImage => {
  const { instance: _, ...copy } = anImage({ copied: true, tags: FINISHED, ...other });
  return copy;
};

export const aSnapshot = (other: Partial<SeenSnapshot> = {}): SeenSnapshot => ({
  kind: 'snapshot',
  id: 'snap-1',
  name: '',
  tags: SUBJECT,
  createdAt: LONG_AGO,
  madeFor: { image: 'ami-1', instance: 'i-9' },
  inUse: false,
  ...other,
});

export const aVolume = (other: Partial<SeenVolume> = {}): SeenVolume => ({
  kind: 'volume',
  id: 'vol-1',
  name: '',
  tags: OF_RUN,
  createdAt: LONG_AGO,
  attachedTo: [],
  ...other,
});

export const aGroup = (other: Partial<SeenGroup> = {}): SeenGroup => ({
  kind: 'security-group',
  id: 'sg-1',
  name: TRIAL_NAME,
  tags: OF_RUN,
  ...other,
});

export const aKeyPair = (other: Partial<SeenKeyPair> = {}): SeenKeyPair => ({
  kind: 'key-pair',
  id: KEY_NAME,
  name: KEY_NAME,
  tags: OF_RUN,
  createdAt: LONG_AGO,
  ...other,
});
