import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AmiId, Digest, ImageName, LayerName, ProjectName, Region } from '../src/model/ids.ts';
import type { Config, Image, Layer } from '../src/model/image.ts';
import { planBake } from '../src/plan/plan-bake.ts';
import { epochsAt } from '../src/plan/refresh.ts';
import { CliSandbox } from '../test/helpers/cli-sandbox.ts';
import { hierarchy as onDisk } from '../test/helpers/hierarchy.ts';
import { median, medianSeconds, type Row } from './measure.ts';

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
  return {
    name,
    dir: `/layers/${name}`,
    description: '',
    files,
    steps: [],
    provisionerFiles: [],
    tests: [],
    userData: [],
    accept: [],
  };
}

/** A base and so many services of it, with 200 files in each of 20 layers. */
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
    limits: { parallel: 8 },
    sandboxImages: new Map(),
    layersDir: '/layers',
    channels: new Map(),
    images: new Map([base, ...rest]),
    layers: new Map(layers.map((one) => [one.name, one])),
  };
}

/** Everything is out of date: the dearest case. */
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
  return planBake({ config, images, parents: 'bake', force: false, nonce: 'n', epochs: epochsAt(new Date()) }, world);
}

/** Does planning grow with the number of images, and no faster? And what the command takes, of time and memory. */
export async function benchPlan(): Promise<readonly Row[]> {
  return [await growth(), ...(await commands())];
}

/** Planning alone. The first ten images warm up what the others use, so they say nothing of growth. */
async function growth(): Promise<Row> {
  const [hundred, thousand] = [hierarchy(100), hierarchy(1000)];
  plan(hierarchy(10));
  const few = await medianSeconds(9, () => plan(hundred));
  const many = await medianSeconds(9, () => plan(thousand));
  return { measure: 'planning 1,000 images, against ten times 100', result: many / (10 * few), limit: 1.5, unit: '×' };
}

/** Levels of 10, 100 and 1,000 images. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
  '10': [1, 9],
  '100': [1, 9, 90],
  '1,000': [1, 9, 90, 900],
};
const LARGEST = '1,000';

/**
 * `bake plan` of images that were never baked: reading the configuration and its layers, asking the emulator, planning,
 * and checking all layers, in a process of its own.
 */
async function commands(): Promise<readonly Row[]> {
  const sandbox = await CliSandbox.up('--no-machines');
  try {
    const rows: Row[] = [];
    for (const [images, sizes] of Object.entries(SIZES)) {
      await using project = await sandbox.project(onDisk(sizes));
      const file = join(project.root, 'usage');
      const used: { readonly maxRSS: number; readonly cpu: number }[] = [];
      const seconds = await medianSeconds(5, async () => {
        const { code, stderr } = await project.bake(['plan', '--sandbox', '--json'], tellingUsage(file));
        if (code !== 0) throw new Error(stderr);
        const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(await readFile(file, 'utf8'));
        used.push({ maxRSS, cpu: (userCPUTime + systemCPUTime) / 1e6 });
      });
      const measure = `bake plan of ${images} images`;
      const limits = images === LARGEST ? [{ limit: 2 }, { limit: 300 }] : [{}, {}];
      rows.push(
        { measure, result: seconds, unit: 's', ...limits[0] },
        { measure: `${measure}, its processor time`, result: median(used.map(({ cpu }) => cpu)), unit: 's' },
        {
          measure: `${measure}, memory`,
          result: median(used.map(({ maxRSS }) => maxRSS / 1024)),
          unit: 'MiB',
          ...limits[1],
        },
      );
    }
    return rows;
  } finally {
    await sandbox.down();
  }
}

/** Has a process write what it has used: on a busy machine the processors' time says more than the clock's. */
function tellingUsage(file: string): Readonly<Record<string, string>> {
  const code = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.resourceUsage())));`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}
