// Does planning grow with the number of images, and no faster? A base and n services of it, with 200 files in each of
// 20 layers, everything out of date: the dearest case.
import type { AmiId, Digest, ImageName, LayerName, ProjectName, Region } from '../src/model/ids.ts';
import type { Config, Image, Layer } from '../src/model/image.ts';
import { planBake } from '../src/plan/plan-bake.ts';
import { medianSeconds, printRatios } from './measure.ts';

const digest = (seed: number) => seed.toString(16).padStart(64, '0') as Digest;

function layer(number: number): Layer {
  const files = Array.from({ length: 200 }, (_, file) => ({
    path: `/opt/${number}/${file}`,
    source: `files/opt/${number}/${file}`,
    type: 'file' as const,
    mode: '0644',
    owner: 'root',
    group: 'root',
    template: false,
    digest: digest(number * 1000 + file),
  }));
  const name = `layer-${number}` as LayerName;
  return { name, dir: `/layers/${name}`, description: '', files, steps: [], tests: [], userData: [], accept: [] };
}

function hierarchy(services: number): Config {
  const layers = Array.from({ length: 20 }, (_, number) => layer(number));
  const region = 'us-east-1' as Region;
  const shared = {
    architectures: ['x86_64'],
    variables: { port: 80 },
    tags: {},
    rootVolume: { type: 'gp3' },
    build: {
      region,
      network: { subnets: [], publicAddress: true, allowedCidrs: 'auto' },
      instanceTypes: { x86_64: ['t3.small'], arm64: ['t4g.small'] },
      spot: false,
      communicator: 'ssh',
      sshUser: 'admin',
      timeLimits: { connect: 300, bake: 3600, snapshot: 1800 },
    },
  } as const;
  const image = (name: string, origin: Image['origin'], number: number): [ImageName, Image] => [
    name as ImageName,
    { ...shared, name: name as ImageName, origin, layers: [layers[number % 20]?.name ?? ('' as LayerName)] },
  ];
  const base = image('base', { kind: 'base', source: { by: 'alias', alias: 'debian:12' } }, 0);
  const rest = Array.from({ length: services }, (_, number) =>
    image(`service-${number}`, { kind: 'service', parent: 'base' as ImageName }, number),
  );
  return {
    file: '/bake.config.ts',
    root: '/',
    project: 'bench' as ProjectName,
    region,
    versionScheme: '{yyyy}.{mm}.{dd}.{n}',
    sandboxImages: new Map(),
    layersDir: '/layers',
    channels: new Map(),
    images: new Map([base, ...rest]),
    layers: new Map(layers.map((one) => [one.name, one])),
  };
}

function plan(config: Config) {
  const source = {
    imageId: 'ami-00000000000000001' as AmiId,
    name: '',
    owner: '',
    creationDate: '',
    rootDeviceName: '',
  };
  const world = {
    images: [],
    sourceAmis: new Map([['base/x86_64' as const, source]]),
    templates: {},
    inputsOfImage: new Map(),
    bakedBefore: new Map(),
  };
  const images = [...config.images.keys()];
  return planBake({ config, images, parents: 'bake', force: false, nonce: 'n' }, world);
}

const measured = [];
for (const services of [10, 100, 1000]) {
  const config = hierarchy(services);
  measured.push({ name: `${services} services`, seconds: await medianSeconds(5, () => plan(config)) });
}
printRatios('planning', measured);
