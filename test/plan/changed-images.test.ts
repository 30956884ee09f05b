import { expect, test } from 'vitest';
import type { Image, Layer } from '../../src/model/image.ts';
import { EMPTY_LOCK, type SourceLock } from '../../src/model/source-lock.ts';
import { changedImages, type ProjectState } from '../../src/plan/changed-images.ts';
import { updateLock } from '../../src/plan/source-lock.ts';
import { base, config, layer, layerFile, REGION, service, sha256, sourceAmi } from '../helpers/builders.ts';

const OS = layer('os', { files: [layerFile('/etc/motd')] });
const APP = layer('app', { files: [layerFile('/etc/app.conf')] });
const IMAGES = [
  base('base', { layers: ['os'] }),
  service('api', 'base', { layers: ['app'] }),
  service('plain', 'base'),
];

function state(images: readonly Image[], layers: readonly Layer[], other: Partial<ProjectState> = {}): ProjectState {
  return {
    config: config(images, layers),
    templates: { 'provision/run.sh': sha256('run') },
    lock: EMPTY_LOCK,
    ...other,
  };
}
const BEFORE = state(IMAGES, [OS, APP]);
const architecture = 'x86_64';
const ami = sourceAmi(architecture);
const pinned: SourceLock = updateLock(EMPTY_LOCK, [{ source: 'debian:12', region: REGION, architecture, ami }]);
const [BASE, API, PLAIN] = IMAGES as [Image, Image, Image];

test.each<[string, ProjectState, readonly string[]]>([
  ['nothing', state(IMAGES, [OS, APP]), []],
  ['a file', state(IMAGES, [OS, layer('app', { files: [layerFile('/etc/app.conf', { mode: '0600' })] })]), ['api']],
  ['a file of the base: what follows is not for this to say', state(IMAGES, [layer('os'), APP]), ['base']],
  ['a variable of one image', state([BASE, API, { ...PLAIN, variables: { port: 81 } }], [OS, APP]), ['plain']],
  ['tags and builders, which decide nothing', state([BASE, { ...API, tags: { a: 'b' } }, PLAIN], [OS, APP]), []],
  ['a new image', state([...IMAGES, service('new', 'api')], [OS, APP]), ['new']],
  ['one that is gone', state([BASE, API], [OS, APP]), []],
  ['a new parent', state([BASE, API, service('plain', 'api')], [OS, APP]), ['plain']],
  ['a pinned source AMI', state(IMAGES, [OS, APP], { lock: pinned }), ['base']],
  ['a template', state(IMAGES, [OS, APP], { templates: {} }), ['base', 'api', 'plain']],
])('%s', (_, after, changed) => {
  expect([...changedImages(BEFORE, after)]).toEqual(changed);
});
