import { expect, test } from 'vitest';
import { type NodeId, nodeId } from '../../src/model/ids.ts';
import type { Image } from '../../src/model/image.ts';
import type { BakePlan } from '../../src/model/plan.ts';
import type { SourceAmiCandidate, SourceAmiLookup } from '../../src/model/source-ami.ts';
import type { SnapshotFacts } from '../../src/run/effects.ts';
import { checkVolumes } from '../../src/run/volumes.ts';
import { amiId, base, config, service, volume } from '../helpers/builders.ts';

const SNAPSHOT = 'snap-0123456789abcdef0';
const OWNER = '136693071363';
const pinned = { imageId: amiId(1), name: 'debian-12', owner: OWNER, creationDate: '', rootDeviceName: '/dev/xvda' };

/** What is asked, and what becomes of it, when `bakes` of the images are to be baked. */
async function check(
  images: readonly Image[],
  bakes: readonly string[],
  { devices = ['/dev/xvda'], found = {} }: { devices?: readonly string[]; found?: Record<string, SnapshotFacts> } = {},
) {
  const asked: unknown[] = [];
  const steps = images.map(({ name }) => {
    const action = bakes.includes(name) ? 'bake' : 'reuse';
    return { action, id: nodeId(name, 'x86_64'), image: name, architecture: 'x86_64' };
  });
  const plan = { steps } as unknown as BakePlan;
  const sourceAmis = new Map([['base/x86_64' as NodeId, pinned]]);
  const effects = {
    sourceAmis: {
      find: async (lookup: SourceAmiLookup) => {
        asked.push(lookup);
        return [{ ...pinned, devices } as unknown as SourceAmiCandidate];
      },
    },
    snapshots: {
      find: async (ids: readonly string[]) => {
        asked.push(ids);
        return new Map(Object.entries(found));
      },
    },
  };
  const said = await checkVolumes({ config: config(images), plan, sourceAmis }, effects).then(
    () => undefined,
    (error) => ({ code: error.code, message: error.message, details: error.details }),
  );
  return { asked, said };
}

const data = volume('data');

test('nobody is asked for images without volumes, or for what is not baked', async () => {
  expect(await check([base('base'), service('api', 'base', { volumes: [data] })], ['base'])).toEqual({ asked: [] });
});

test('the source AMI is asked once for all that stand on it, and its snapshots once', async () => {
  const seed = volume('seed', { device: '/dev/sdg', startsFrom: SNAPSHOT });
  const images = [
    base('base', { volumes: [data] }),
    service('api', 'base', { volumes: [data, seed] }),
    service('web', 'base', { volumes: [data, seed] }),
  ];
  const found = { [SNAPSHOT]: { sizeGiB: 1, state: 'completed' } };
  const { asked, said } = await check(images, ['base', 'api', 'web'], { found });
  expect(said).toBeUndefined();
  expect(asked).toEqual([{ by: 'id', id: amiId(1), owner: OWNER }, [SNAPSHOT]]);
});

test('a clash names both, and the others after it', async () => {
  const images = [base('base', { volumes: [data] }), service('api', 'base', { volumes: [data] })];
  const { said } = await check(images, ['base', 'api'], { devices: ['/dev/xvda', '/dev/xvdf'] });
  const at = `the source AMI ${amiId(1)} (debian-12) has a block device of its own at /dev/xvdf`;
  expect(said).toEqual({
    code: 'volume-device-taken',
    message: `volume data of base cannot be /dev/sdf: ${at}`,
    details: [`volume data of api cannot be /dev/sdf: ${at}`],
  });
});

test('a snapshot that is not there is refused', async () => {
  const { said } = await check([base('base', { volumes: [volume('data', { startsFrom: SNAPSHOT })] })], ['base']);
  expect(said).toMatchObject({
    code: 'volume-snapshot-unusable',
    message: `volume data of base cannot start from ${SNAPSHOT} in eu-central-1: it is not there, or not for this account`,
  });
});
