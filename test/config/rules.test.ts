import { describe, expect, test } from 'vitest';
import { problemsOf, VALID, withApi, withBase, withSettings } from './problems-of.ts';

type Table = readonly [string, unknown, readonly string[]][];
const check = (_: string, config: unknown, expected: readonly string[]) => expect(problemsOf(config)).toEqual(expected);
const sourced = (source: object, more: object = {}) => withBase({ source, build: { sshUser: 'admin' }, ...more });

describe('hierarchy', () => {
  test.each<Table[number]>([
    ['no images', withSettings({ images: {} }), ['images: names no image']],
    [
      'an image name',
      withSettings({ images: { Api_1: { source: 'debian:12' } } }),
      [
        'images.Api_1: "Api_1" is not an image name; names are lower-case letters, digits and single hyphens, starting with a letter, at most 32 characters',
      ],
    ],
    [
      'neither source nor parent',
      withBase({ source: undefined }),
      ['images.base: needs a source (an AMI from outside) or a parent (another image)'],
    ],
    ['both', withApi({ source: 'debian:12' }), ['images.api: has a source and a parent; keep the one it starts from']],
    [
      'an unknown parent',
      withApi({ parent: 'bsae' }),
      ['images.api.parent: "bsae" is not an image; images are base, api. Did you mean "base"?'],
    ],
    [
      'a parent named like a property of every object',
      withApi({ parent: 'constructor' }),
      ['images.api.parent: "constructor" is not an image; images are base, api'],
    ],
    [
      'a cycle',
      { ...VALID, images: { a: { parent: 'b' }, b: { parent: 'c' }, c: { parent: 'a' }, d: { parent: 'a' } } },
      ['images.a.parent: an image cannot descend from itself: a → b → c → a'],
    ],
    ['itself', withApi({ parent: 'api' }), ['images.api.parent: an image cannot descend from itself: api → api']],
    [
      'an architecture that the parent has not',
      withApi({ architectures: ['arm64', 'x86_64'] }),
      ['images.api.architectures[0]: "arm64" is not an architecture of its parent base, which has x86_64'],
    ],
    [
      'an architecture twice',
      withBase({ architectures: ['arm64', 'arm64'] }),
      ['images.base.architectures[1]: "arm64" is there twice'],
    ],
    [
      'fewer architectures than the parent',
      withApi({ architectures: ['arm64'] }, { architectures: ['x86_64', 'arm64'] }),
      [],
    ],
  ])('%s', check);
});

describe('layers', () => {
  test.each<Table[number]>([
    [
      'an unknown layer',
      withApi({ layers: ['worker', 'aip'] }),
      ['images.api.layers[1]: "aip" is not a layer; layers are api, base, worker. Did you mean "api"?'],
    ],
    ['a layer twice', withApi({ layers: ['api', 'api'] }), ['images.api.layers[1]: "api" is there twice']],
    ['no layers', withApi({ layers: undefined }), []],
  ])('%s', check);

  test('a layer name', () => {
    expect(problemsOf(withApi({ layers: ['API'] }), ['API', 'base'])).toEqual([
      'images.api.layers[0]: "API" is not a layer name; names are lower-case letters, digits and single hyphens, starting with a letter, at most 32 characters',
    ]);
  });

  test('no folder of layers', () => {
    expect(problemsOf(VALID, 'no folder')).toEqual(['layers: there is no folder "./layers"']);
    expect(problemsOf(withSettings({ layers: '../shared' }), 'no folder')).toEqual([
      'layers: there is no folder "../shared"',
    ]);
    expect(problemsOf(withSettings({ images: { base: { source: 'al2023' } } }), 'no folder')).toEqual([]);
  });
});

describe('images of the sandbox', () => {
  const sandbox = (images: object) => withSettings({ sandbox: { images } });
  const sha256 = 'a'.repeat(64);
  const sha512 = 'B'.repeat(128);
  const [file, url] = ['noble.img', 'https://cloud-images.example/noble.img'];

  test.each<Table[number]>([
    [
      'a path',
      sandbox({ 'ubuntu:24.04': file, al2023: { file }, 'rhel:9': { file, sha512, sshUser: 'cloud-user' } }),
      [],
    ],
    ['a URL', sandbox({ 'ubuntu:24.04': { url, sha256 } }), []],
    [
      'an unknown alias',
      sandbox({ 'ubuntu:24.4': file }),
      [
        'sandbox.images["ubuntu:24.4"]: "ubuntu:24.4" is not a source alias; aliases are debian:12, debian:13, ubuntu:22.04, ubuntu:24.04, al2023, rhel:9. Did you mean "ubuntu:24.04"?',
      ],
    ],
    [
      'a URL without a checksum',
      sandbox({ al2023: { url } }),
      ['sandbox.images.al2023: needs the checksum of what is at the url, as its publisher gives it: sha256 or sha512'],
    ],
    [
      'neither file nor URL, and two checksums',
      sandbox({ al2023: { sha256, sha512 } }),
      [
        'sandbox.images.al2023: needs exactly one of file, url',
        'sandbox.images.al2023: has two checksums; one of sha256, sha512 will do',
      ],
    ],
    ['both', sandbox({ al2023: { file, url, sha256 } }), ['sandbox.images.al2023: needs exactly one of file, url']],
  ])('%s', check);
});

describe('how many layers', () => {
  const names = Array.from({ length: 200 }, (_, n) => `l${n}`);
  const lineage = (base: number, api: number, web = 0) => ({
    ...VALID,
    images: {
      base: { source: 'debian:12', layers: names.slice(0, base) },
      api: { parent: 'base', layers: names.slice(0, api) },
      web: { parent: 'api', layers: names.slice(0, web) },
    },
  });
  test('99 in a lineage', () => expect(problemsOf(lineage(60, 39), names)).toEqual([]));
  test('one more is told where it is too many', () => {
    expect(problemsOf(lineage(60, 40, 5), names)).toEqual([
      'images.api.layers: makes 100 layers with those of its ancestors, and an image has at most 99; put some together',
    ]);
  });
});

describe('sources', () => {
  test.each<Table[number]>([
    [
      'an unknown alias',
      withBase({ source: 'debain:12' }),
      [
        'images.base.source: "debain:12" is not a source alias; aliases are debian:12, debian:13, ubuntu:22.04, ubuntu:24.04, al2023, rhel:9. Did you mean "debian:12"?',
      ],
    ],
    [
      'an id as an alias',
      withBase({ source: 'ami-0123456789abcdef0' }),
      [
        "images.base.source: \"ami-0123456789abcdef0\" is not a source alias; an AMI id is written with its owner: { id: 'ami-0123456789abcdef0', owner: '…' }",
      ],
    ],
    [
      'only an owner',
      sourced({ owner: 'self' }),
      ['images.base.source: needs exactly one of parameter, name, id beside the owner'],
    ],
    [
      'two names',
      sourced({ owner: 'self', name: 'x-*', parameter: '/x' }),
      ['images.base.source: needs exactly one of parameter, name, id beside the owner'],
    ],
    [
      'one id for two architectures',
      sourced({ owner: 'self', id: 'ami-0123456789abcdef0' }, { architectures: ['x86_64', 'arm64'] }),
      [
        'images.base.source.id: names one AMI, which cannot have the architectures x86_64, arm64; use a name filter or two images',
      ],
    ],
    [
      'a name for two architectures',
      sourced({ owner: 'self', name: 'golden-*' }, { architectures: ['x86_64', 'arm64'] }),
      [],
    ],
    [
      'no login user',
      withBase({ source: { owner: 'amazon', parameter: '/aws/service/x' } }),
      [
        'images.base.build.sshUser: is required: only source aliases tell which user to log in as, such as admin or ec2-user',
      ],
    ],
    [
      'a login user from the top level',
      { ...(withBase({ source: { owner: 'amazon', parameter: '/x' } }) as object), build: { sshUser: 'admin' } },
      [],
    ],
  ])('%s', check);
});

describe('version', () => {
  const NEEDS = 'needs {n}, the number that counts up, exactly once';
  test.each<Table[number]>([
    ['the default, written', withSettings({ version: '{yyyy}.{mm}.{dd}.{n}' }), []],
    ['without a date', withSettings({ version: '1.4.{n}' }), []],
    ['no {n}', withSettings({ version: '{yyyy}' }), [`version: "{yyyy}" ${NEEDS}`]],
    ['{n} twice', withSettings({ version: '{n}.{n}' }), [`version: "{n}.{n}" ${NEEDS}`]],
    [
      'an unknown placeholder',
      withSettings({ version: '{yy}.{n}' }),
      ['version: "{yy}.{n}" has the unknown placeholder {yy}; placeholders are {yyyy}, {mm}, {dd}, {n}'],
    ],
    [
      'a number that runs into another',
      withSettings({ version: '{yyyy}{n}' }),
      ['version: "{yyyy}{n}" needs something other than digits around {n}, such as a dot'],
    ],
    [
      'characters that EC2 refuses in names',
      withSettings({ version: 'v{n} beta' }),
      [
        'version: "v{n} beta" makes "v999 beta"; a version is letters, digits, dots, underscores and hyphens, starting with a letter or digit, at most 48 characters',
      ],
    ],
  ])('%s', check);
});

describe('variables', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = { again: cyclic };
  test.each<Table[number]>([
    ['JSON of every kind', withSettings({ variables: { a: null, b: [1, 'x', { c: true }], _D9: {} } }), []],
    [
      'a name',
      withSettings({ variables: { 'http-port': 80 } }),
      [
        'variables.http-port: "http-port" is not a variable name; names are letters, digits and underscores, not starting with a digit',
      ],
    ],
    [
      'a name that would be lost in an object',
      { ...VALID, variables: JSON.parse('{"__proto__": 1}') as unknown },
      ['variables.__proto__: is a key with a meaning of its own in JavaScript; choose another one'],
    ],
    [
      'undefined, as from an unset environment variable',
      withApi({ variables: { token: undefined } }),
      ['images.api.variables.token: is undefined; a variable has a value (null is one)'],
    ],
    [
      'what JSON cannot say',
      withSettings({ variables: { a: [{ when: new Date(0) }], b: () => 1, c: Number.NaN, d: 10n, e: new Map() } }),
      [
        'variables.a[0].when: a Date is not JSON',
        'variables.b: a function is not JSON',
        'variables.c: NaN is not JSON',
        'variables.d: 10 is not JSON',
        'variables.e: a Map is not JSON',
      ],
    ],
    [
      'a number that cannot be told from its neighbours',
      withSettings({ variables: { a: { id: 2 ** 53 }, b: Number.MAX_SAFE_INTEGER, c: -0.1, d: 1e-9 } }),
      ['variables.a.id: 9007199254740992 has more digits than a number keeps; write it in quotes'],
    ],
    [
      'a name that templates have for the bake',
      withApi({ variables: { image: 'nginx:1.27', Image: 'x' } }),
      ['images.api.variables.image: "image" is what templates call the bake\'s own; choose another name'],
    ],
    [
      'one that no script could start with',
      withApi({ variables: { a: 'x'.repeat(131_060), b: 'x'.repeat(131_061), c: ['é'.repeat(70_000)] } }),
      [
        'images.api.variables.b: has 131073 bytes in the environment of scripts, which takes 131072; make it a file of a layer',
        'images.api.variables.c: has 140016 bytes in the environment of scripts, which takes 131072; make it a file of a layer',
      ],
    ],
    [
      'too much of them, told once',
      withBase({ variables: Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`v${n}`, 'x'.repeat(130_000)])) }),
      [
        'images.base.variables: have 1170117 bytes with the inherited ones, and the environment of scripts takes 1048576; make it a file of a layer',
      ],
    ],
    [
      'itself',
      withSettings({ variables: { cyclic } }),
      ['variables.cyclic.self.again: contains itself, which JSON cannot say'],
    ],
  ])('%s', check);
});

describe('tags', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, 'x']));
  test.each<Table[number]>([
    ['what EC2 takes', withSettings({ tags: { 'Überschrift 1': 'a+b-c=d.e_f:g/h@i', empty: '' } }), []],
    [
      "AWS's own",
      withSettings({ tags: { 'AWS:x': '1' } }),
      ['tags["AWS:x"]: keys that start with \'aws:\' belong to AWS'],
    ],
    [
      'ours',
      withApi({ tags: { 'bake:x': '1' } }),
      ['images.api.tags["bake:x"]: keys that start with \'bake:\' belong to bake'],
    ],
    [
      'Name',
      withApi({ tags: { Name: 'api' } }),
      ['images.api.tags.Name: bake writes the Name tag itself, with image and version'],
    ],
    ['an empty key', withSettings({ tags: { '': 'x' } }), ['tags[""]: a tag key has at least one character']],
    [
      'a long key and a long value',
      withSettings({ tags: { ['k'.repeat(129)]: 'v'.repeat(257) } }),
      [
        `tags.${'k'.repeat(129)}: "${'k'.repeat(58)}… has 129 characters; EC2 allows 128`,
        `tags.${'k'.repeat(129)}: "${'v'.repeat(58)}… has 257 characters; EC2 allows 256`,
      ],
    ],
    ['characters are counted, not UTF-16 units', withSettings({ tags: { k: '𝒶'.repeat(256) } }), []],
    [
      'other characters',
      withSettings({ tags: { owner: '{{ .User }}' } }),
      ['tags.owner: "{{ .User }}" has other characters than letters, digits, spaces and + - = . _ : / @'],
    ],
    ['as many as there is room for', withSettings({ tags: many(35) }), []],
    [
      'too many together with the inherited ones',
      { ...(withApi({ tags: { one: '', two: '' } }) as object), tags: many(34) },
      ["images.api.tags: 36 tags with the inherited ones; EC2 allows 50, of which 15 are bake's own"],
    ],
  ])('%s', check);
});

const volumed = (volumes: object) => withBase({ volumes });
const inherited = (volumes: object, own: object) => withApi({ volumes: own }, { volumes });
const volumesFrom = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`v${from + n}`, { sizeGiB: 1 }]));

describe('data volumes', () => {
  test.each<Table[number]>([
    ['content, empty, and from a snapshot', volumed({ a: { sizeGiB: 1 }, b: { sizeGiB: 2, snapshot: false } }), []],
    [
      'a name',
      volumed({ Data: { sizeGiB: 1 } }),
      [
        'images.base.volumes.Data: "Data" is not the name of a volume; names are lower-case letters, digits and single hyphens, starting with a letter, at most 32 characters',
      ],
    ],
    [
      'the name of the root',
      volumed({ root: { sizeGiB: 1 } }),
      ['images.base.volumes.root: is the name of the root volume, which rootVolume describes'],
    ],
    ['no size', volumed({ data: {} }), ['images.base.volumes.data.sizeGiB: is required: how large the volume is']],
    [
      'the root device',
      volumed({ data: { sizeGiB: 1, device: '/dev/sda1' } }),
      [
        'images.base.volumes.data.device: "/dev/sda1" is not a device name for data volumes such as /dev/sdf or /dev/xvdf',
      ],
    ],
    [
      'no snapshot id',
      volumed({ data: { sizeGiB: 1, snapshot: 'none' } }),
      ['images.base.volumes.data.snapshot: "none" is not a snapshot id such as snap-0123456789abcdef0'],
    ],
    [
      'limits of its type',
      volumed({ data: { sizeGiB: 100, type: 'st1', iops: 3000 } }),
      [
        'images.base.volumes.data.sizeGiB: 100 is not from 125 to 16384, which st1 allows',
        'images.base.volumes.data.iops: 3000, but a st1 volume has no such setting',
      ],
    ],
    [
      'what io2 needs',
      volumed({ data: { sizeGiB: 100, type: 'io2' } }),
      ['images.base.volumes.data.iops: is required: io2 has no default'],
    ],
    [
      'one place for two',
      volumed({ data: { sizeGiB: 1, device: '/dev/sdf' }, more: { sizeGiB: 1, device: '/dev/xvdf' } }),
      ['images.base.volumes.more.device: /dev/xvdf is where data is, at /dev/sdf'],
    ],
    [
      "the place of the parent's",
      inherited({ data: { sizeGiB: 1 } }, { more: { sizeGiB: 1, device: '/dev/sdf' } }),
      ['images.api.volumes.more.device: /dev/sdf is where data is'],
    ],
    [
      'both encrypted and not',
      volumed({ data: { sizeGiB: 1, encrypted: false, kmsKey: 'alias/images' } }),
      ['images.base.volumes.data.encrypted: false, but kmsKey names a key to encrypt with; keep one of the two'],
    ],
    [
      'a key of an empty one',
      volumed({ data: { sizeGiB: 1, snapshot: false, kmsKey: 'alias/images' } }),
      [
        'images.base.volumes.data.kmsKey: is for volumes with a snapshot: an AMI cannot hold the key of an empty one; write encrypted: true, for which EC2 takes the key of whoever launches',
      ],
    ],
    [
      'a child that changes what its parent has',
      inherited(
        { data: { sizeGiB: 20, encrypted: true } },
        { data: { sizeGiB: 10, device: '/dev/sdg', snapshot: false, encrypted: false } },
      ),
      [
        'images.api.volumes.data.device: /dev/sdg, but the AMI of its parent base has it at /dev/sdf',
        'images.api.volumes.data.snapshot: false, but true for its parent base; it stays what it is, so give another volume another name',
        'images.api.volumes.data.sizeGiB: 10 is less than the 20 GiB of its parent base, and a volume cannot shrink',
      ],
    ],
    [
      'a child that decrypts',
      inherited({ data: { sizeGiB: 1, kmsKey: 'alias/images' } }, { data: { encrypted: false } }),
      [
        'images.api.volumes.data.encrypted: false, but its parent base has it encrypted, and so is everything made from it',
      ],
    ],
    [
      'a child that enlarges one and shrinks an empty one',
      inherited(
        { data: { sizeGiB: 1, snapshot: 'snap-0123456789abcdef0' }, free: { sizeGiB: 9, snapshot: false } },
        { data: { sizeGiB: 2, type: 'gp2', snapshot: 'snap-0123456789abcdef0' }, free: { sizeGiB: 3 } },
      ),
      [],
    ],
    ['as many as there are devices', inherited(volumesFrom(6), volumesFrom(5, 6)), []],
    [
      'too many',
      inherited(volumesFrom(6), volumesFrom(6, 6)),
      ['images.api.volumes: are 12 with those of its ancestors; 11 is the most'],
    ],
  ])('%s', check);
});

describe('volumes', () => {
  test.each<Table[number]>([
    ['the largest', withSettings({ rootVolume: { sizeGiB: 65_536 } }), []],
    [
      'too large for its type',
      withSettings({ rootVolume: { sizeGiB: 16_385, type: 'gp2' } }),
      ['rootVolume.sizeGiB: 16385 is not from 1 to 16384, which gp2 allows'],
    ],
    [
      'too large for the type of a child',
      { ...(withApi({ rootVolume: { type: 'standard' } }) as object), rootVolume: { sizeGiB: 2000 } },
      ['images.api.rootVolume.sizeGiB: 2000 is not from 1 to 1024, which standard allows'],
    ],
    [
      'nothing',
      withSettings({ rootVolume: { sizeGiB: 0 } }),
      ['rootVolume.sizeGiB: 0 is not from 1 to 65536, which gp3 allows'],
    ],
    [
      'smaller than the parent',
      withApi({ rootVolume: { sizeGiB: 8 } }, { rootVolume: { sizeGiB: 20 } }),
      ['images.api.rootVolume.sizeGiB: 8 is less than the 20 GiB of its parent base, and a root volume cannot shrink'],
    ],
    [
      'io2 without IOPS',
      withSettings({ rootVolume: { type: 'io2' } }),
      ['rootVolume.iops: is required: io2 has no default'],
    ],
    [
      'settings that a type has not',
      withSettings({ rootVolume: { type: 'gp2', iops: 3000, throughput: 200 } }),
      [
        'rootVolume.iops: 3000, but a gp2 volume has no such setting',
        'rootVolume.throughput: 200, but a gp2 volume has no such setting',
      ],
    ],
    [
      'performance of the parent under another type',
      withApi({ rootVolume: { type: 'gp2' } }, { rootVolume: { type: 'gp3', iops: 6000 } }),
      [],
    ],
    [
      'unencrypted from an encrypted parent',
      withApi({ rootVolume: { encrypted: false } }, { rootVolume: { encrypted: true } }),
      ['images.api.rootVolume.encrypted: false, but its parent base is encrypted, and so is everything made from it'],
    ],
    [
      'a key for nothing',
      withSettings({ rootVolume: { encrypted: false, kmsKey: 'alias/images' } }),
      ['rootVolume.encrypted: false, but kmsKey names a key to encrypt with; keep one of the two'],
    ],
  ])('%s', check);
});

describe('secrets', () => {
  const of = (secrets: object) => withApi({ secrets });
  const at = 'images.api.secrets';
  const NAMES = 'letters, digits, underscores and hyphens, starting with a letter, at most 64 characters';
  const ONE = 'needs one of env, parameter and secretsManager, and not more';
  test.each<Table[number]>([
    [
      'of every kind',
      of({
        NPM_TOKEN: { env: 'NPM_TOKEN' },
        'deploy-key': { parameter: '/ci/deploy-key:2' },
        shared: { parameter: 'arn:aws:ssm:eu-central-1:123456789012:parameter/ci/key' },
        db: { secretsManager: 'prod/db', key: 'password' },
        arn: { secretsManager: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf' },
      }),
      [],
    ],
    ['none', of({}), []],
    ...['1st', '../x', '.upload', 'a b', 'a'.repeat(65)].map((name): Table[number] => [
      `a name such as ${name.slice(0, 9)}`,
      of({ [name]: { env: 'X' } }),
      [
        `${at}${/^[\w-]+$/.test(name) ? `.${name}` : `["${name}"]`}: ${name.length > 60 ? `"${'a'.repeat(58)}…` : `"${name}"`} is not the name of a secret; names are ${NAMES}`,
      ],
    ]),
    ['no source', of({ token: {} }), [`${at}.token: ${ONE}`]],
    ['two sources', of({ token: { env: 'X', parameter: '/x' } }), [`${at}.token: ${ONE}`]],
    [
      'a key of what is no object',
      of({ token: { parameter: '/x', key: 'password' } }),
      [`${at}.token.key: is only there for secretsManager, whose secrets are often JSON objects`],
    ],
    [
      'a key that is not known',
      of({ token: { environment: 'X' } }),
      [`${at}.token.environment: unknown key; keys here are env, parameter, secretsManager, key`],
    ],
    // The value itself, where it should say where that is: no problem shows it.
    ['a value', of({ token: 'hunter2-hunter2' }), [`${at}.token: what is written here is not an object`]],
    [
      'a value for its name',
      of({ token: { env: 'hunter2-hunter2', parameter: 'hunter 2' } }),
      [
        `${at}.token.env: what is written here is not the name of an environment variable`,
        `${at}.token.parameter: what is written here is not the name or ARN of an SSM parameter`,
      ],
    ],
    ['a list', of(['hunter2-hunter2']), [`${at}: what is written here is not an object`]],
  ])('%s', check);
});

describe('packages', () => {
  const DEBIAN = { snapshot: '20261101T000000Z' };
  const AL2023 = { release: '2023.6.20250101' };
  const on = (source: unknown, packages: object, api: object = {}) =>
    withApi(api, { source, packages, build: { sshUser: 'x' } });
  const golden = (name: string) => ({ name, owner: '123456789012' });
  test.each<Table[number]>([
    ['a snapshot', withBase({ packages: DEBIAN }), []],
    ['a mirror', withBase({ packages: { ...DEBIAN, mirror: 'http://10.0.0.1:8080/debian.snapshots' } }), []],
    ['a release', on('al2023', AL2023), []],
    ['a release of Amazon Linux 2', on(golden('amzn2-ami-*'), { release: '2.0' }), []],
    ['what an unknown source runs', on(golden('golden-*'), AL2023), []],
    ['a child that moves it on', withApi({ packages: { snapshot: '20261102T000000Z' } }, { packages: DEBIAN }), []],
    ['a child that changes the mirror alone', withApi({ packages: { mirror: 'https://x' } }, { packages: DEBIAN }), []],
    [
      'nothing',
      withBase({ packages: {} }),
      ['images.base.packages: needs one of release (Amazon Linux) and snapshot (Debian and Ubuntu), and not both'],
    ],
    [
      'both',
      on(golden('golden-*'), { ...DEBIAN, ...AL2023 }),
      ['images.base.packages: needs one of release (Amazon Linux) and snapshot (Debian and Ubuntu), and not both'],
    ],
    [
      'a mirror of a release',
      on('al2023', { ...AL2023, mirror: 'https://x' }),
      [
        'images.base.packages.mirror: is only there for a snapshot: Amazon Linux chooses the mirrors of a release itself',
      ],
    ],
    [
      'a release of Debian',
      withBase({ packages: AL2023 }),
      ["images.base.packages: is not how debian:12 is pinned; write { snapshot: '20261101T000000Z' }"],
    ],
    [
      'a snapshot of Amazon Linux, in a child',
      withApi({ packages: DEBIAN }, { source: 'al2023' }),
      ["images.api.packages: is not how al2023 is pinned; write { release: '2023.6.20250101' }"],
    ],
    [
      'a release that is not one',
      on('al2023', { release: '2023' }),
      ['images.base.packages.release: 2023 is not a release of al2023; they are named like 2023.6.20250101'],
    ],
    [
      'Red Hat',
      on('rhel:9', AL2023),
      ['images.base.packages: cannot be pinned on rhel:9, whose archive has no such thing'],
    ],
    [
      'a child that goes back',
      withApi({ packages: { snapshot: '20261031T235959Z' } }, { packages: DEBIAN }),
      ['images.api.packages.snapshot: 20261031T235959Z is older than 20261101T000000Z of its parent base'],
    ],
    [
      'a child that goes back to an older release',
      on('al2023', { release: '2023.10.20260101' }, { packages: { release: '2023.9.20251201' } }),
      ['images.api.packages.release: 2023.9.20251201 is older than 2023.10.20260101 of its parent base'],
    ],
    [
      'a release in words',
      on('al2023', { release: 'latest' }),
      ['images.base.packages.release: "latest" is not a release such as 2023.6.20250101'],
    ],
    ...['2026-11-01', '20261301T000000Z', '20260230T000000Z', '20261101T250000Z'].map((snapshot): Table[number] => [
      snapshot,
      withBase({ packages: { snapshot } }),
      [`images.base.packages.snapshot: "${snapshot}" is not a moment in UTC such as 20261101T000000Z`],
    ]),
    ...['https://bob:secret@x', 'ftp://x', 'https://x/', 'https://x/a b', 'https://x?a'].map(
      (mirror): Table[number] => [
        mirror,
        withBase({ packages: { ...DEBIAN, mirror } }),
        [
          `images.base.packages.mirror: "${mirror}" is not the address of a snapshot archive such as https://snapshots.example.com, without a slash at its end`,
        ],
      ],
    ),
  ])('%s', check);
});

describe('network', () => {
  const cidrs = (allowedCidrs: unknown) => withSettings({ build: { network: { allowedCidrs } } });
  const PATH = 'build.network.allowedCidrs';
  test.each<Table[number]>([
    ['blocks', cidrs(['203.0.113.0/24', '2001:db8::/32', '10.1.2.3/32']), []],
    ['everybody, when it is written', cidrs(['0.0.0.0/0', '::/0']), []],
    ['none', cidrs([]), [`${PATH}: is empty, so nothing could reach the builder; leave it out or write 'auto'`]],
    [
      'an address',
      cidrs(['203.0.113.7', '2001:db8::1']),
      [
        `${PATH}[0]: "203.0.113.7" is not a CIDR block such as 203.0.113.7/32 for one address`,
        `${PATH}[1]: "2001:db8::1" is not a CIDR block such as 2001:db8::1/128 for one address`,
      ],
    ],
    [
      'not a block',
      cidrs(['office', '10.0.0.0/33', '300.0.0.0/8', '10.0.0.0/08']),
      ['office', '10.0.0.0/33', '300.0.0.0/8', '10.0.0.0/08'].map(
        (cidr, position) =>
          `${PATH}[${position}]: "${cidr}" is not a CIDR block such as 203.0.113.0/24 or 2001:db8::/32`,
      ),
    ],
    [
      'a VPC without a subnet',
      withSettings({ build: { network: { vpc: 'vpc-01234567' } } }),
      ['build.network.vpc: "vpc-01234567" needs a subnet; write build.network.subnet'],
    ],
    [
      'no public address without a subnet',
      withApi({ build: { network: { publicAddress: false } } }),
      ['images.api.build.network.publicAddress: false needs a subnet; write images.api.build.network.subnet'],
    ],
    [
      'no public address in the subnet of the parent',
      withApi({ build: { network: { publicAddress: false } } }, { build: { network: { subnet: 'subnet-01234567' } } }),
      [],
    ],
    [
      'Session Manager without a profile',
      withSettings({ build: { communicator: 'session-manager' } }),
      ['build.communicator: "session-manager" needs an instance profile; write build.instanceProfile'],
    ],
    [
      'Session Manager of one image without a profile',
      withApi({ build: { communicator: 'session-manager' } }),
      [
        'images.api.build.communicator: "session-manager" needs an instance profile; write images.api.build.instanceProfile',
      ],
    ],
    [
      'Session Manager with a profile of the parent',
      withApi({ build: { communicator: 'session-manager' } }, { build: { instanceProfile: 'builder' } }),
      [],
    ],
  ])('%s', check);
});
