import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeImagesCommand, DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatPath, type Path } from '../../../src/config/problems.ts';
import { sha256 } from '../../helpers/builders.ts';
import { type CliResult, resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import {
  hostileFileNames,
  hostileJson,
  hostileKeys,
  hostileNames,
  hostilePaths,
  hostileTags,
  hostileTexts,
  Ledger,
  SEED,
  type Slot,
  slotsOf,
} from '../../helpers/hostile.ts';
import type { Project } from '../../helpers/project.ts';
import { tell } from '../../helpers/sampled.ts';

// Everything goes through the built CLI and real Packer, in a project whose own folder has such a name. What is read back is
// what EC2 and S3 say, and what Packer was given to upload, as `tar` and `sh` understand it.
const FOLDER = `it's "odd" \${x} %{y} {{user}} $(id)\n-rf ünï`;
const BUCKET = 'acme-artifacts';
const CONFIG_BUCKET = 'acme-config-123456789012-us-east-1';
const TAGGED = ['t0', 't1', 't2'];
const PRINTED = 'layers/all/files/opt/printed';
const VALUES: Path = ['images', 'values'];
const VARIABLES = [...VALUES, 'variables'];
const ARTIFACTS = [...VALUES, 'artifacts'];
const REGIONAL = [...VALUES, 'regionConfig', 'values'];

const slots: readonly Slot[] = [
  ...slotsOf(VARIABLES, 'v', hostileTexts(170, 1)),
  ...slotsOf(VARIABLES, 'j', hostileJson(40, 2), (_, json) => ({ written: JSON.parse(json) })),
  ...hostileNames(40, 3).map((value) => ({ path: [...VARIABLES, value], value, written: 'named' })),
  ...slotsOf(REGIONAL, 'r', hostileTexts(60, 4)),
  ...TAGGED.flatMap((image, index) => {
    const base = ['images', image, 'tags'];
    const keys = hostileTags(17, 10 + index).map((value) => ({ path: [...base, value], value, written: 'x' }));
    return [...slotsOf(base, 'k ', hostileTags(17, 20 + index)), ...keys];
  }),
  ...slotsOf(ARTIFACTS, 'd', hostilePaths(60, 5), (name, destination) => ({
    path: [...ARTIFACTS, name, 'destination'],
    at: [...ARTIFACTS, name],
    written: { path: 'plain', destination },
  })),
  ...slotsOf(ARTIFACTS, 'f', hostileFileNames(30, 6), (name, path) => ({
    path: [...ARTIFACTS, name, 'path'],
    at: [...ARTIFACTS, name],
    written: { path, destination: `/opt/${name}` },
  })),
  ...slotsOf(
    ARTIFACTS,
    's',
    hostileKeys(40, 7).map((key) => `s3://${BUCKET}/${key}`),
    (name, s3) => ({
      path: [...ARTIFACTS, name, 's3'],
      at: [...ARTIFACTS, name],
      written: { s3, destination: `/opt/${name}` },
    }),
  ),
  ...hostileNames(30, 8).map((value, index) => ({
    path: [...ARTIFACTS, value],
    value,
    written: { path: 'plain', destination: `/opt/n${index}` },
  })),
  // Each that is sound is a bake.
  ...hostileNames(14, 9)
    .filter((name) => !['null', 'true', 'if'].includes(name))
    .map((value) => ({ path: ['images', value], value, written: { source: 'debian:12' } })),
  // Of a list with something in it that no text can be, the other members are not looked at.
  ...hostileNames(30, 10)
    .filter((value) => !/[\0\p{Surrogate}]/u.test(value))
    .map((value, index) => ({ path: [...VALUES, 'layers', index], value })),
];

/** `--var`: neither a NUL nor half a character can be in an argument at all. */
const SPOKEN = hostileTexts(50, 11).filter((text) => !/[\0\p{Surrogate}\uFFFD]/u.test(text));
const SPOKEN_FILES = hostileFileNames(12, 12).filter((name) => !name.includes('\uFFFD'));

let sandbox: CliSandbox;
let project: Project;
let root: string;
let s3: S3Client;
const ledger = new Ledger(slots);

beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
  project = await sandbox.project();
  root = join(project.dir, FOLDER);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  s3 = new S3Client({ region: 'us-east-1', endpoint: sandbox.endpoint, credentials, forcePathStyle: true });
});
afterAll(async () => {
  s3?.destroy();
  await project?.[Symbol.asyncDispose]();
  await sandbox?.down();
});

const bake = (...args: string[]): Promise<CliResult> =>
  project.bake([...args, '--json', '--config', join(FOLDER, 'bake.config.json')]);

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await bake(...args);
  if (code !== 0) throw new Error(`seed ${SEED}: bake ${args[0]}: ${code}\n${stdout.slice(-3000)}\n${stderr}`);
  return stdout;
}

async function writeConfig(): Promise<void> {
  const values = {
    source: 'debian:12',
    layers: [],
    variables: { ...Object.fromEntries(SPOKEN.map((_, index) => [`g${index}`, 'configured'])) },
    artifacts: {
      ...Object.fromEntries(
        SPOKEN_FILES.map((_, index) => [`g${index}`, { path: 'plain', destination: `/opt/g${index}` }]),
      ),
    },
    regionConfig: { bucket: 'acme-config-{account}-{region}', values: {} },
  };
  const tagged = Object.fromEntries(TAGGED.map((image) => [image, { source: 'debian:12', tags: {} }]));
  const config = ledger.fill({
    project: 'acme',
    region: 'us-east-1',
    channels: { dev: { targets: [{ regions: ['us-east-1'] }] } },
    images: { ...tagged, values },
  });
  const { layers } = config.images.values;
  const images = {
    ...config.images,
    values: { ...config.images.values, layers: [...layers.filter((name) => name !== undefined), 'all'] },
  };
  await writeFile(join(root, 'bake.config.json'), JSON.stringify({ ...config, images }));
}

async function writeFiles(): Promise<void> {
  await mkdir(join(root, PRINTED), { recursive: true });
  await writeFile(join(root, 'layers/all/files/opt/a'), 'a');
  await writeFile(join(root, 'plain'), 'plain');
  for (const { path, value } of slots) {
    if (path.at(-1) === 'path') await writeFile(join(root, value), value);
    if (path.at(-2) !== 'layers' || !/^[a-zA-Z-]{1,33}$/.test(value)) continue;
    await mkdir(join(root, 'layers', value, 'files/opt'), { recursive: true });
    await writeFile(join(root, 'layers', value, 'files/opt', value), value);
  }
  for (const name of SPOKEN_FILES) await writeFile(join(project.dir, name), `said ${name}`);
}

/** Once bake has said which addresses it takes. */
async function putObjects(): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const { path, value } of ledger.sound) {
    if (path.at(-1) !== 's3') continue;
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: value.slice(`s3://${BUCKET}/`.length), Body: value }));
  }
}

const nth = <T>(list: readonly T[], index: number): T => list[index] as T;

it('every value arrives as it was written, or is refused by name with the reason', async () => {
  await writeFilesAndConfig();
  const variables = ledger.sound.flatMap(({ path }) => (path[2] === 'variables' ? [String(path[3])] : []));
  const printed = variables.filter((name) => /^v\d/.test(name));
  for (const name of printed) await writeFile(join(root, PRINTED, `${name}.hbs`), `<{{${name}}}>\n`);
  await putObjects();

  const spoken = SPOKEN.flatMap((text, index) => ['--var', `values.g${index}=${text}`]);
  const files = SPOKEN_FILES.flatMap((name, index) => ['--artifact', `values.g${index}=${name}`]);
  const { outcomes } = resultOf(await ok('all', '--sandbox', ...spoken, ...files));
  expect([...new Set(Object.values(outcomes).map(({ status }) => status))]).toEqual(['done']);
  await ok('region-config', 'push', 'values', '--create-buckets', '--yes', '--sandbox');

  const found = new Map([...(await fromEc2()), ...(await fromS3())]);
  const sent = await fromPayload(variables);
  for (const [place, value] of sent.places) found.set(place, value);
  const { given, arrived, refused } = ledger.settle(found);
  expect(sent.spoken).toEqual(SPOKEN);
  expect(sent.spokenFiles).toEqual(SPOKEN_FILES.map((name) => sha256(`said ${name}`)));
  for (const name of printed) {
    const text = await readFile(join(sent.laid, 'opt/printed', name), 'utf8');
    expect(text).toBe(`<${found.get(formatPath([...VARIABLES, name]))}>\n`);
  }
  const more = SPOKEN.length + SPOKEN_FILES.length;
  tell(`${given + more} hostile values: ${arrived + more} arrived, ${refused} refused; BAKE_TEST_SEED=${SEED}`);
  expect(given + more).toBeGreaterThanOrEqual(600);
  expect(arrived + more).toBeGreaterThanOrEqual(400);
}, 280_000);

async function writeFilesAndConfig(): Promise<void> {
  await writeFiles();
  await ledger.refuseUntilTaken(writeConfig, () => bake('config'));
}

/** Tags of images and of their snapshots, and the names of images. */
async function fromEc2(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const ec2 = sandbox.ec2();
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  for (const { Name = '', Tags = [], BlockDeviceMappings = [] } of Images) {
    const image = Name.split('/')[1] ?? '';
    const ofSnapshot = Snapshots.find(({ SnapshotId }) => SnapshotId === BlockDeviceMappings[0]?.Ebs?.SnapshotId)?.Tags;
    expect(byKey(ofSnapshot)).toEqual(byKey(Tags));
    found.set(formatPath(['images', image]), image);
    for (const { Key = '', Value = '' } of Tags) {
      found.set(formatPath(['images', image, 'tags', Key]), /^k \d/.test(Key) ? Value : Key);
    }
  }
  return found;
}

const byKey = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []) =>
  new Map(tags.map(({ Key, Value }) => [Key, Value]));

async function fromS3(): Promise<ReadonlyMap<string, string>> {
  const read = async (Key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: CONFIG_BUCKET, Key }));
    return JSON.parse((await Body?.transformToString()) ?? '');
  };
  const { objects } = await read('values/manifest.json');
  const values = await read(objects.find(({ name }: { name: string }) => name === 'values.json').key);
  return new Map(Object.entries<string>(values).map(([name, value]) => [formatPath([...REGIONAL, name]), value]));
}

/** What Packer was to upload for the image: as `tar` unpacks it, and `sh` reads it. */
async function fromPayload(variables: readonly string[]) {
  const runs = join(root, '.bake/runs');
  const folder = join(runs, nth(await readdir(runs), 0), 'values-x86_64');
  const into = join(project.root, 'unpacked');
  await mkdir(into);
  await execa('tar', ['-xpf', join(folder, 'payload.tar'), '-C', into]);
  const places = new Map<string, string>();

  const names = [...variables, ...SPOKEN.map((_, index) => `g${index}`)];
  const script = ['. ./variables.sh', ...names.map((name) => `printf '%s\\0' "$BAKE_VAR_${name}"`), ''].join('\n');
  const { stdout } = await execa('sh', ['-eu'], { input: script, cwd: into, encoding: 'buffer' });
  const values = Buffer.from(stdout).toString('utf8').split('\0');
  for (const [index, name] of variables.entries()) {
    const value = values[index] ?? '';
    places.set(formatPath([...VARIABLES, name]), value === 'named' ? name : value);
  }

  const record = JSON.parse(await readFile(join(folder, 'record-input.json'), 'utf8'));
  const digests = new Map<string, string>(
    record.artifacts.map(({ name, sha256 }: { name: string; sha256: string }) => [name, sha256]),
  );
  const destinations = (await readFile(join(into, 'artifacts'), 'utf8')).split('\n');
  for (const [index, { name }] of record.artifacts.entries()) {
    places.set(formatPath([...ARTIFACTS, name]), name);
    places.set(formatPath([...ARTIFACTS, name, 'destination']), destinations[index]?.split('\t')[3] ?? '');
  }
  for (const { path, value } of ledger.sound) {
    if (path.at(-1) !== 'path' && path.at(-1) !== 's3') continue;
    if (digests.get(String(path[3])) === sha256(value)) places.set(formatPath(path), value);
  }
  for (const { layer } of record.steps as readonly { layer: string }[]) {
    const slot = ledger.sound.find(({ path, value }) => path.at(-2) === 'layers' && value === layer);
    if (slot !== undefined) places.set(formatPath(slot.path), layer);
  }
  const layers = JSON.parse(await readFile(join(into, 'layers.json'), 'utf8'));
  const laid = join(project.root, 'laid');
  await mkdir(laid);
  await execa('tar', ['-xpf', join(into, `layers/${layers.length}/files.tar`), '-C', laid]);
  return {
    places,
    spoken: values.slice(variables.length, names.length),
    spokenFiles: SPOKEN_FILES.map((_, index) => digests.get(`g${index}`)),
    laid,
  };
}
