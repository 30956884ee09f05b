import { describe, expect, test } from 'vitest';
import { BakeError } from '../../src/model/errors.ts';
import { type Architecture, type ImageName, parseAmiId, parseRegion, type Region } from '../../src/model/ids.ts';
import type { Image, Origin, SourceAmi } from '../../src/model/image.ts';
import { SOURCE_ALIASES } from '../../src/model/source-aliases.ts';
import type { SourceAmiCandidate, SourceAmiLookup, SourceAmis } from '../../src/model/source-ami.ts';
import { EMPTY_LOCK, type SourceLock } from '../../src/model/source-lock.ts';
import { resolveSourceAmis } from '../../src/run/source-amis.ts';

const REGION = parseRegion('us-east-1') as Region;
const DEBIAN: SourceAmi = { by: 'alias', alias: 'debian:12' };

const image = (name: string, origin: Origin, architectures: readonly Architecture[] = ['x86_64']): Image => ({
  name: name as ImageName,
  origin,
  architectures,
  layers: [],
  variables: {},
  tags: {},
  rootVolume: { type: 'gp3' },
  build: {
    region: REGION,
    network: { subnets: [], publicAddress: true, allowedCidrs: 'auto' },
    instanceTypes: { x86_64: ['t3.small'], arm64: ['t4g.small'] },
    spot: false,
    communicator: 'ssh',
    sshUser: 'admin',
    timeLimits: { connect: 1, bake: 1, snapshot: 1 },
  },
});
const base = (name: string, source: SourceAmi = DEBIAN, architectures?: readonly Architecture[]) =>
  image(name, { kind: 'base', source }, architectures);

/** Answers each lookup with one AMI of the alias's owner, whose id ends in the number of the lookup. */
function fakeAmis(flaw: Partial<SourceAmiCandidate> = {}) {
  const lookups: SourceAmiLookup[] = [];
  const amis: SourceAmis = {
    find: async (lookup) => {
      lookups.push(lookup);
      const candidate: SourceAmiCandidate = {
        imageId: parseAmiId(`ami-${String(lookups.length).padStart(17, '0')}`) as SourceAmiCandidate['imageId'],
        name: 'debian-12-20261101',
        owner: SOURCE_ALIASES.get('debian:12')?.owner ?? '',
        ownerAlias: undefined,
        creationDate: '2026-11-01T00:00:00.000Z',
        architecture: lookup.by === 'name' ? lookup.architecture : 'x86_64',
        rootDeviceName: '/dev/xvda',
        devices: ['/dev/xvda'],
        rootDeviceType: 'ebs',
        virtualizationType: 'hvm',
        state: 'available',
        deprecationTime: undefined,
        ...flaw,
      };
      return [candidate];
    },
  };
  return { amis, lookups };
}

const request = (
  images: readonly Image[],
  lock: SourceLock = EMPTY_LOCK,
  mode: 'locked' | 'frozen' | 'update' = 'locked',
) => ({
  images,
  region: REGION,
  lock,
  mode,
  now: new Date('2026-11-20T00:00:00Z'),
});

test('each source is looked up once per architecture, and service images need none', async () => {
  const { amis, lookups } = fakeAmis();
  const images = [
    base('one', DEBIAN, ['x86_64', 'arm64']),
    base('two'),
    image('api', { kind: 'service', parent: 'one' as ImageName }),
  ];
  const { sourceAmis, lock } = await resolveSourceAmis(request(images), amis);
  expect([...sourceAmis].map(([id, { imageId }]) => `${id} ${imageId}`)).toEqual([
    'one/x86_64 ami-00000000000000001',
    'one/arm64 ami-00000000000000002',
    'two/x86_64 ami-00000000000000001',
  ]);
  expect(lookups).toHaveLength(2);
  expect(Object.keys(lock.sourceAmis['debian:12']?.['us-east-1'] ?? {})).toEqual(['x86_64', 'arm64']);
});

test('what is pinned stays, until an update', async () => {
  const { amis, lookups } = fakeAmis();
  const first = await resolveSourceAmis(request([base('one')]), amis);
  const second = await resolveSourceAmis(request([base('one')], first.lock), amis);
  expect([second, lookups.length]).toEqual([first, 1]);
  const frozen = await resolveSourceAmis(request([base('one')], first.lock, 'frozen'), amis);
  expect([frozen, lookups.length]).toEqual([first, 1]);
  const updated = await resolveSourceAmis(request([base('one'), base('two')], first.lock, 'update'), amis);
  expect(updated.sourceAmis.get('one/x86_64')?.imageId).toBe('ami-00000000000000002');
  expect(lookups).toHaveLength(2);
});

test('pins of other sources and regions stay', async () => {
  const { amis } = fakeAmis();
  const { lock } = await resolveSourceAmis(request([base('one')]), amis);
  const elsewhere = { ...request([base('one')], lock, 'update'), region: parseRegion('eu-west-1') as Region };
  const after = await resolveSourceAmis(elsewhere, amis);
  expect(Object.keys(after.lock.sourceAmis['debian:12'] ?? {})).toEqual(['us-east-1', 'eu-west-1']);
});

describe('errors', () => {
  const failure = async (promise: Promise<unknown>) => {
    const error = await promise.catch((thrown: unknown) => thrown);
    if (!(error instanceof BakeError)) throw new Error('it did not fail with a BakeError');
    return [error.code, error.message];
  };
  const none: SourceAmis = { find: async () => [] };

  test('frozen and not locked', async () => {
    expect(await failure(resolveSourceAmis(request([base('one')], EMPTY_LOCK, 'frozen'), none))).toEqual([
      'source-ami-not-locked',
      'the lock file does not pin debian:12 on x86_64 in us-east-1, and --frozen looks nothing up',
    ]);
  });

  test.each<[SourceAmi, string]>([
    [DEBIAN, 'debian:12 on x86_64 in us-east-1: there is no x86_64 AMI named debian-12-amd64-* owned by 136693071363'],
    [
      { by: 'parameter', parameter: '/x', owner: 'amazon' },
      'parameter:/x owner:amazon on x86_64 in us-east-1: there is no SSM parameter /x with the id of an AMI that still exists',
    ],
    [
      { by: 'id', id: parseAmiId('ami-12345678') as SourceAmiCandidate['imageId'], owner: 'self' },
      'id:ami-12345678 owner:self on x86_64 in us-east-1: there is no AMI ami-12345678 of this account',
    ],
  ])('not found: %j', async (source, expected) => {
    expect(await failure(resolveSourceAmis(request([base('one', source)]), none))).toEqual([
      'source-ami-not-found',
      `no AMI found for ${expected}`,
    ]);
  });

  test('refused', async () => {
    const { amis } = fakeAmis({ owner: '111111111111' });
    expect(await failure(resolveSourceAmis(request([base('one')]), amis))).toEqual([
      'source-ami-refused',
      'ami-00000000000000001 (debian-12-20261101) cannot be the source of debian:12 on x86_64 in us-east-1: it is owned by 111111111111, not by 136693071363',
    ]);
  });
});
