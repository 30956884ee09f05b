import { expect, test } from 'vitest';
import { problemsOf, VALID, withApi, withBase, withSettings } from './problems-of.ts';

const KEYS =
  'source, parent, layers, architectures, variables, artifacts, tags, rootVolume, volumes, packages, refresh, secrets and 3 more';

test.each<[string, unknown, readonly string[]]>([
  ['a valid configuration', VALID, []],
  ['nothing', undefined, ['is required']],
  ['text', 'project: acme', ['"project: acme" is not an object']],
  ['a function', () => VALID, ['a function is not an object']],
  ['a list', [], ['[] is not an object']],
  ['no keys', {}, ['project: is required', 'region: is required', 'images: is required']],
  [
    'an unknown key',
    withSettings({ imagse: {}, colour: 'blue' }),
    [
      'imagse: unknown key; keys here are project, region, build, rootVolume, tags, version, layers, templates, variables, channels, state, images and 6 more. Did you mean "images"?',
      'colour: unknown key; keys here are project, region, build, rootVolume, tags, version, layers, templates, variables, channels, state, images and 6 more',
    ],
  ],
  [
    'an unknown key of an image, which hides that it has no parent',
    withApi({ parent: undefined, parnt: 'base' }),
    [`images.api.parnt: unknown key; keys here are ${KEYS}. Did you mean "parent"?`],
  ],
  [
    'an unknown key deep down',
    withBase({ build: { network: { publicAdress: true } } }),
    [
      'images.base.build.network.publicAdress: unknown key; keys here are vpc, subnet, publicAddress, allowedCidrs. Did you mean "publicAddress"?',
    ],
  ],
  [
    'a project name',
    withSettings({ project: 'Acme Corp' }),
    [
      'project: "Acme Corp" is not a project name; names are lower-case letters, digits and single hyphens, starting with a letter, at most 32 characters',
    ],
  ],
  ['a region', withSettings({ region: 'useast1' }), ['region: "useast1" is not a region such as us-east-1']],
  ['images as a list', withSettings({ images: ['base'] }), ['images: ["base"] is not an object']],
  ['an image as text', withSettings({ images: { base: 'debian:12' } }), ['images.base: "debian:12" is not an object']],
  [
    'a communicator',
    withSettings({ build: { communicator: 'sesion-manager' } }),
    ['build.communicator: "sesion-manager" is not one of ssh, session-manager. Did you mean "session-manager"?'],
  ],
  [
    'a period of refreshing',
    withBase({ refresh: 'dayly' }),
    ['images.base.refresh: "dayly" is not one of daily, weekly, monthly, never. Did you mean "daily"?'],
  ],
  [
    'a period of refreshing for all',
    withSettings({ refresh: '1d' }),
    ['refresh: "1d" is not one of daily, weekly, monthly, never'],
  ],
  [
    'limits',
    withSettings({ limits: { parallel: 0, vcpus: 'all', bases: 2 } }),
    [
      'limits.parallel: 0 is less than one',
      'limits.vcpus: "all" is not a whole number',
      'limits.bases: unknown key; keys here are parallel, base, service, vcpus. Did you mean "base"?',
    ],
  ],
  [
    'an architecture',
    withBase({ architectures: ['x86-64'] }),
    ['images.base.architectures[0]: "x86-64" is not one of x86_64, arm64. Did you mean "x86_64"?'],
  ],
  [
    'no architecture',
    withBase({ architectures: [] }),
    ['images.base.architectures: [] is empty; leave it out or name one'],
  ],
  [
    'durations',
    withSettings({ build: { timeLimits: { connect: '5 minutes', bake: 0, snapshot: true } } }),
    [
      "build.timeLimits.connect: \"5 minutes\" is not a duration from 1s to 24h, such as '90s', '5m', '2h', or a whole number of seconds",
      "build.timeLimits.bake: 0 is not a duration from 1s to 24h, such as '90s', '5m', '2h', or a whole number of seconds",
      "build.timeLimits.snapshot: true is not a duration from 1s to 24h, such as '90s', '5m', '2h', or a whole number of seconds",
    ],
  ],
  [
    'an instance type',
    withSettings({ build: { instanceTypes: { x86_64: 't3' } } }),
    ['build.instanceTypes.x86_64: "t3" is not an instance type such as t3.small'],
  ],
  [
    'lists of instance types and subnets',
    withSettings({ build: { instanceTypes: { x86_64: ['t3.small', 't3'], arm64: [] }, network: { subnet: ['a'] } } }),
    [
      'build.instanceTypes.x86_64[1]: "t3" is not an instance type such as t3.small',
      'build.instanceTypes.arm64: [] is empty; leave it out or name one',
      'build.network.subnet[0]: "a" is not a subnet id such as subnet-0123456789abcdef0',
    ],
  ],
  [
    'an instance type of an unknown architecture',
    withSettings({ build: { instanceTypes: { amd64: 't3.small' } } }),
    ['build.instanceTypes.amd64: unknown key; keys here are x86_64, arm64'],
  ],
  [
    'network ids',
    withSettings({ build: { network: { vpc: 'main', subnet: 'vpc-01234567' } } }),
    [
      'build.network.vpc: "main" is not a VPC id such as vpc-0123456789abcdef0',
      'build.network.subnet: "vpc-01234567" is not a subnet id such as subnet-0123456789abcdef0',
    ],
  ],
  [
    'allowed CIDRs as text',
    withSettings({ build: { network: { allowedCidrs: '10.0.0.0/8' } } }),
    ['build.network.allowedCidrs: "10.0.0.0/8" is neither \'auto\' nor a list of CIDR blocks'],
  ],
  [
    'what a Packer template would expand',
    withSettings({ build: { instanceProfile: '{{ .Vars }}', sshUser: '%{var.x}' } }),
    [
      'build.instanceProfile: "{{ .Vars }}" is not an instance profile name',
      'build.sshUser: "%{var.x}" is not a login name',
    ],
  ],
  [
    'a size in text',
    withSettings({ rootVolume: { sizeGiB: '8' } }),
    ['rootVolume.sizeGiB: "8" is not a whole number of GiB'],
  ],
  [
    'half a GiB',
    withSettings({ rootVolume: { sizeGiB: 8.5 } }),
    ['rootVolume.sizeGiB: 8.5 is not a whole number of GiB'],
  ],
  [
    'a key',
    withSettings({ rootVolume: { kmsKey: 'my key' } }),
    ['rootVolume.kmsKey: "my key" is not a KMS key id, alias or ARN'],
  ],
  [
    'a tag that is a number',
    withSettings({ tags: { 'cost centre': 4711 } }),
    ['tags["cost centre"]: 4711 is not a string'],
  ],
  [
    'an owner that YAML made a number',
    withBase({ source: { name: 'debian-12-*', owner: 136693071363 }, build: { sshUser: 'admin' } }),
    ['images.base.source.owner: 136693071363 is not a string'],
  ],
  [
    'a source without an owner',
    withBase({ source: { id: 'ami-0123456789abcdef0' } }),
    ['images.base.source.owner: is required'],
  ],
  [
    'an unknown key of a source',
    withBase({ source: { nam: 'debian-12-*', owner: 'self' }, build: { sshUser: 'admin' } }),
    ['images.base.source.nam: unknown key; keys here are owner, parameter, name, id. Did you mean "name"?'],
  ],
  [
    'a source of another type',
    withBase({ source: 12 }),
    ['images.base.source: 12 is neither an alias nor { owner, parameter | name | id }'],
  ],
])('%s', (_, config, expected) => {
  expect(problemsOf(config)).toEqual(expected);
});

test('malformed parts do not hide what the rules see in the others', () => {
  const config = withApi({ parent: 'bsae', layers: ['apii'] }, { build: 5, architectures: ['x64'] });
  expect(problemsOf({ ...(config as object), region: 7 })).toEqual([
    'region: 7 is not a string',
    'images.base.architectures[0]: "x64" is not one of x86_64, arm64',
    'images.base.build: 5 is not an object',
    'images.api.parent: "bsae" is not an image; images are base, api. Did you mean "base"?',
    'images.api.layers[0]: "apii" is not a layer; layers are api, base, worker. Did you mean "api"?',
  ]);
});

test('a malformed image is still an image to its children', () => {
  expect(problemsOf({ ...VALID, images: { ...VALID.images, base: 5 } })).toEqual(['images.base: 5 is not an object']);
});
