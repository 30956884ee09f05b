import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Artifact } from '../../src/model/artifact.ts';
import type { Digest } from '../../src/model/ids.ts';
import type { Image, Layer, LayerFile } from '../../src/model/image.ts';
import type { RegionConfig } from '../../src/model/region-config.ts';
import {
  changedGroups,
  changedInputs,
  fingerprintOf,
  type Inputs,
  type InputsRequest,
  inputGroups,
  inputsOf,
} from '../../src/plan/fingerprint.ts';
import {
  amiId,
  artifact,
  base,
  fingerprint,
  layer,
  layerFile,
  playbook,
  provisionerFile,
  REBOOT,
  regionConfig,
  script,
  sha256,
} from '../helpers/builders.ts';

const MOTD = layerFile('/etc/motd', { template: true });
const LINK = layerFile('/etc/link', { type: 'symlink', mode: '0777', target: 'motd' });
const OS = layer('os', { files: [MOTD, LINK], steps: [script('10-a.sh'), REBOOT, script('20-b.sh')] });
const APP = layer('app');
const IMAGE = base('api', {
  layers: ['os', 'app'],
  variables: { port: 80, hosts: ['a', 'b'] },
});
const REQUEST: InputsRequest = {
  image: IMAGE,
  architecture: 'x86_64',
  layers: [OS, APP],
  templates: { 'provision/run.sh': sha256('run') },
  parent: { kind: 'image', fingerprint: fingerprint('base'), nonce: undefined },
};

/** As `REQUEST`, whose fingerprint says that an image without artefacts is the same as before there were any. */
const TGZ = artifact('tgz');
const WITH_TGZ: InputsRequest = { ...REQUEST, image: { ...IMAGE, artifacts: [TGZ] } };

const os = (other: Partial<Layer>): Partial<InputsRequest> => ({ layers: [{ ...OS, ...other }, APP] });
const motd = (other: Partial<LayerFile>) => os({ files: [{ ...MOTD, ...other }, LINK] });
const image = (other: Partial<Image>): Partial<InputsRequest> => ({ image: { ...IMAGE, artifacts: [TGZ], ...other } });
const build = (other: Partial<Image['build']>) => image({ build: { ...IMAGE.build, ...other } });
const tgz = (other: Partial<Artifact>) => image({ artifacts: [{ ...TGZ, ...other }] });
const changesOf = (change: Partial<InputsRequest>) =>
  changedInputs(inputsOf(WITH_TGZ), inputsOf({ ...WITH_TGZ, ...change })).map(
    ({ input, change }) => `${change} ${input}`,
  );

test('an accidental change of every image is noticed', () => {
  // When this changes on purpose, every image of every user is baked again: say so in the changelog.
  expect(fingerprintOf(inputsOf(REQUEST))).toMatchInlineSnapshot(
    `"dbbce5c44957f05fcb65806499ded5522e523ab826e232623ce249084ce715ec"`,
  );
  expect(inputGroups(inputsOf(REQUEST))).toMatchInlineSnapshot(
    `"architecture=66e2a26d layer/app=5246f83f layer/os=01eee142 layers=50025041 parent=d25e3384 template=e8915d62 variables=d91a838f volume=652e7a70"`,
  );
  expect(Object.keys(inputsOf(REQUEST))).toMatchInlineSnapshot(`
    [
      "architecture",
      "layer/app/steps",
      "layer/os/files/etc/link",
      "layer/os/files/etc/motd",
      "layer/os/scripts/10-a.sh",
      "layer/os/scripts/20-b.sh",
      "layer/os/steps",
      "layers",
      "parent",
      "template/provision/run.sh",
      "variables/hosts",
      "variables/port",
      "volume/root",
    ]
  `);
});

describe('what decides an image is in it, by name', () => {
  test.each<[string, Partial<InputsRequest>, string[]]>([
    ['architecture', { architecture: 'arm64' }, ['changed architecture']],
    ['content of a file', motd({ digest: sha256('new') }), ['changed layer/os/files/etc/motd']],
    ['mode', motd({ mode: '0600' }), ['changed layer/os/files/etc/motd']],
    ['owner', motd({ owner: 'app' }), ['changed layer/os/files/etc/motd']],
    ['group', motd({ group: 'app' }), ['changed layer/os/files/etc/motd']],
    ['template or not', motd({ template: false }), ['changed layer/os/files/etc/motd']],
    ['path on the machine', motd({ path: '/etc/issue' }), ['changed layer/os/files/etc/motd']],
    ['target of a link', os({ files: [MOTD, { ...LINK, target: 'x' }] }), ['changed layer/os/files/etc/link']],
    ['a file that is gone', os({ files: [MOTD] }), ['removed layer/os/files/etc/link']],
    ['a new file', os({ files: [MOTD, LINK, layerFile('/etc/x')] }), ['added layer/os/files/etc/x']],
    [
      'content of a script',
      os({ steps: [script('10-a.sh', { digest: sha256('x') }), REBOOT, script('20-b.sh')] }),
      ['changed layer/os/scripts/10-a.sh'],
    ],
    [
      'a script that is a template',
      os({ steps: [script('10-a.sh', { template: true }), REBOOT, script('20-b.sh')] }),
      ['changed layer/os/scripts/10-a.sh'],
    ],
    ['order of scripts', os({ steps: [script('20-b.sh'), REBOOT, script('10-a.sh')] }), ['changed layer/os/steps']],
    ['a reboot', os({ steps: [script('10-a.sh'), script('20-b.sh')] }), ['changed layer/os/steps']],
    [
      'a playbook',
      os({ steps: [script('10-a.sh'), REBOOT, script('20-b.sh'), playbook()] }),
      ['changed layer/os/steps'],
    ],
    [
      'a file that playbooks and Packer read',
      os({ provisionerFiles: [provisionerFile('ansible/roles/x/tasks/main.yml')] }),
      ['added layer/os/ansible/roles/x/tasks/main.yml'],
    ],
    ['order of layers', { layers: [APP, OS] }, ['changed layers']],
    ['an empty layer', { layers: [OS] }, ['removed layer/app/steps', 'changed layers']],
    ['a refresh', { epoch: '2026-W47' }, ['added refresh']],
    ['a pinned release', image({ packages: { release: '2023.6.20250101' } }), ['added packages']],
    ['a secret', image({ secrets: { token: { env: 'TOKEN' } } }), ['added secret/token']],
    ['a variable', image({ variables: { port: 81, hosts: ['a', 'b'] } }), ['changed variables/port']],
    ['type of a variable', image({ variables: { port: '80', hosts: ['a', 'b'] } }), ['changed variables/port']],
    ['order in a variable', image({ variables: { port: 80, hosts: ['b', 'a'] } }), ['changed variables/hosts']],
    ['a variable that is gone', image({ variables: { port: 80 } }), ['removed variables/hosts']],
    ['a null variable', image({ variables: { port: 80, hosts: ['a', 'b'], no: null } }), ['added variables/no']],
    ['content of an artefact', tgz({ sha256: sha256('new') }), ['changed artifact/tgz']],
    ['its destination', tgz({ destination: '/srv/tgz' }), ['changed artifact/tgz']],
    ['its owner', tgz({ owner: 'app' }), ['changed artifact/tgz']],
    ['its group', tgz({ group: 'app' }), ['changed artifact/tgz']],
    ['its mode', tgz({ mode: '0755' }), ['changed artifact/tgz']],
    ['an artefact that is gone', image({ artifacts: [] }), ['removed artifact/tgz']],
    ['another artefact', image({ artifacts: [TGZ, artifact('jar')] }), ['added artifact/jar']],
    ['size of the volume', image({ rootVolume: { type: 'gp3', sizeGiB: 9 } }), ['changed volume/root']],
    ['type of the volume', image({ rootVolume: { type: 'gp2' } }), ['changed volume/root']],
    ['its throughput', image({ rootVolume: { type: 'gp3', throughput: 200 } }), ['changed volume/root']],
    ['its key', image({ rootVolume: { type: 'gp3', kmsKey: 'alias/x' } }), ['changed volume/root']],
    ['a template of ours', { templates: { 'provision/run.sh': sha256('x') } }, ['changed template/provision/run.sh']],
    ['the parent', { parent: { kind: 'image', fingerprint: fingerprint('x') } }, ['changed parent']],
    [
      'a forced parent',
      { parent: { kind: 'image', fingerprint: fingerprint('base'), nonce: 'n' } },
      ['changed parent'],
    ],
    ['the source AMI', { parent: { kind: 'source', imageId: amiId(1) } }, ['removed parent', 'added source-ami']],
  ])('%s', (_, change, changes) => expect(changesOf(change)).toEqual(changes));
});

describe('of an image with region config', () => {
  const CONTENT = { values: { log: 'info' }, files: { 'a.conf': 'a.conf.hbs' }, service: 'api.service' };
  const loading = (other: Partial<RegionConfig> = {}, sources = { 'region-config/loader.py': sha256('loader') }) => ({
    ...REQUEST,
    ...image({ regionConfig: regionConfig({ ...CONTENT, ...other }) }),
    templates: { ...REQUEST.templates, ...sources },
  });
  const changes = (...request: Parameters<typeof loading>) =>
    changedInputs(inputsOf(loading()), inputsOf(loading(...request))).map(({ input, change }) => `${change} ${input}`);

  test.each<[string, Partial<RegionConfig>]>([
    ['the bucket', { bucket: 'other-{region}' }],
    ['the prefix', { prefix: '{channel}/api' }],
    ['a required key', { required: ['log'] }],
    ['the service', { service: 'other.service' }],
    ['what a change does', { onChange: 'restart' }],
    ['the policy', { policy: 'last-known-good' }],
    ['the group', { group: 'api' }],
    ['the timer', { refresh: 60 }],
    ['the deadline', { deadline: 60 }],
    ['nothing to load', { values: {}, files: {} }],
  ])('%s is in it', (_, change) => expect(changes(change)).toEqual(['changed region-config/settings']));

  test('so is the loader, and only there', () => {
    const loader = { 'region-config/loader.py': sha256('new') };
    expect(changes({}, loader)).toEqual(['changed region-config/loader.py']);
    expect(changesOf({ templates: { ...REQUEST.templates, ...loader } })).toEqual([]);
    expect(changedGroups(inputGroups(inputsOf(loading())), inputsOf(loading({}, loader)))).toEqual([
      { input: 'region-config', change: 'changed' },
    ]);
  });

  test.each<[string, Partial<RegionConfig>]>([
    ['values', { values: { log: 'debug' } }],
    ['values of a region', { regionValues: { 'us-east-1': { log: 'debug' } } }],
    ['files', { files: { 'a.conf': 'b.conf' } }],
    ['secrets', { secrets: ['password'] }],
    ['encryption', { encryption: { by: 'kms', key: 'alias/x' } }],
  ])('%s are not', (_, change) => expect(changes(change)).toEqual([]));
});

describe('what does not, is not', () => {
  test.each<[string, Partial<InputsRequest>]>([
    ['tags', image({ tags: { team: 'x' } })],
    ['instance type', build({ instanceTypes: { x86_64: ['m7i.large'], arm64: ['m7g.large'] } })],
    ['spot', build({ spot: true })],
    ['network', build({ network: { vpc: 'vpc-1', subnets: ['subnet-1'], publicAddress: false, allowedCidrs: [] } })],
    ['region', build({ region: 'us-west-2' as Image['build']['region'] })],
    ['time limits', build({ timeLimits: { connect: 1, bake: 2, snapshot: 3 } })],
    ['communicator', build({ communicator: 'session-manager', instanceProfile: 'x' })],
    ['name of the image', image({ name: 'other' as Image['name'] })],
    ['description of a layer', os({ description: 'x' })],
    ['path of the checkout', os({ dir: '/elsewhere' })],
    ['order of variables', image({ variables: { hosts: ['a', 'b'], port: 80 } })],
    ['order of files', os({ files: [LINK, MOTD] })],
  ])('%s', (_, change) => expect(changesOf(change)).toEqual([]));
});

test('does not depend on the order in which inputs are found', () => {
  const inputs = inputsOf(REQUEST);
  expect(Object.keys(inputs)).toEqual(Object.keys(inputs).sort());
  const templates = { b: sha256('b'), a: sha256('a') };
  const other = { a: sha256('a'), b: sha256('b') };
  expect(fingerprintOf(inputsOf({ ...REQUEST, templates }))).toBe(
    fingerprintOf(inputsOf({ ...REQUEST, templates: other })),
  );
});

const digests = fc.dictionary(
  fc.constantFrom('layers', 'parent', 'layer/a/files/x', 'layer/a/steps', 'layer/b/steps', 'variables/port'),
  fc.constantFrom(sha256('1'), sha256('2')),
);

test('changes are none between equals, and mirrored the other way round', () => {
  const mirror = { added: 'removed', removed: 'added', changed: 'changed' };
  fc.assert(
    fc.property(digests, digests, (before, after) => {
      expect(changedInputs(before, before)).toEqual([]);
      const back = changedInputs(after, before).map(({ input, change }) => ({ input, change: mirror[change] }));
      expect(changedInputs(before, after)).toEqual(back);
    }),
  );
});

describe('groups of inputs', () => {
  const many = (count: number): Inputs =>
    inputsOf({ ...REQUEST, layers: Array.from({ length: count }, (_, n) => layer(`layer-${n}`, { files: [MOTD] })) });

  test('tell layers apart while they fit a tag, and always fit', () => {
    expect(inputGroups(many(3))).toContain('layer/layer-2=');
    expect(inputGroups(many(60))).not.toContain('layer/');
    for (const count of [0, 1, 6, 7, 8, 9, 60]) expect(inputGroups(many(count)).length).toBeLessThanOrEqual(256);
  });

  test('name the layer that changed', () => {
    const after = inputsOf({ ...REQUEST, ...motd({ mode: '0600' }) });
    expect(changedGroups(inputGroups(inputsOf(REQUEST)), after)).toEqual([{ input: 'layer/os', change: 'changed' }]);
    expect(changedGroups(inputGroups(inputsOf(REQUEST)), inputsOf(REQUEST))).toEqual([]);
  });

  test('are compared as the tag has them, also when one more layer no longer fits', () => {
    const count = [...Array(60).keys()].find((n) => !inputGroups(many(n + 1)).includes('layer/')) ?? 0;
    const changes = [
      { input: `layer/layer-${count}`, change: 'added' },
      { input: 'layers', change: 'changed' },
    ];
    expect(changedGroups(inputGroups(many(count)), many(count + 1))).toEqual(changes);
    expect(changedGroups(inputGroups(many(count + 1)), many(count))).toEqual([{ input: 'layers', change: 'changed' }]);
  });

  test('of a tag that is not ours do not throw', () => {
    const garbage = 'x y=1 =2 ===';
    expect(() => changedGroups(garbage, inputsOf(REQUEST))).not.toThrow();
    expect(() => changedGroups('', inputsOf(REQUEST))).not.toThrow();
  });
});

test('a pin that is moved, and its mirror, are a group of their own', () => {
  const pinned = (packages: Image['packages']) => inputsOf({ ...REQUEST, ...image(packages ? { packages } : {}) });
  const before = pinned({ snapshot: '20261101T000000Z' });
  const moved = pinned({ snapshot: '20261102T000000Z' });
  const mirrored = pinned({ snapshot: '20261101T000000Z', mirror: 'https://x' });
  expect(changedInputs(before, moved)).toEqual([{ input: 'packages', change: 'changed' }]);
  expect(changedGroups(inputGroups(before), moved)).toEqual([{ input: 'packages', change: 'changed' }]);
  expect(changedInputs(before, mirrored)).toEqual([{ input: 'packages', change: 'changed' }]);
});

test('digests of a layer are remembered per layer, not per name', () => {
  const other: Layer = { ...OS, files: [] };
  const digest = (layer: Layer): Digest | undefined =>
    inputsOf({ ...REQUEST, layers: [layer] })['layer/os/files/etc/motd'];
  expect(digest(OS)).toBeDefined();
  expect(digest(other)).toBeUndefined();
});
