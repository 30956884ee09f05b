import { describe, expect, test } from 'vitest';
import { lintLayers } from '../../src/contract/lint.ts';
import { type LayerContent, layerText, told } from '../helpers/linting.ts';

const CONF_D = '/etc/cloud/cloud.cfg.d/';

/** Of the child, in the light of its parent. */
function ofChild(parent: LayerContent, child: LayerContent) {
  const layers = [layerText('base', parent, false), layerText('web', child)];
  return lintLayers({ layers, release: 'rhel:9' });
}

const cfg = (name: string, text: string): LayerContent => ({ [`${CONF_D}${name}`]: `#cloud-config\n${text}\n` });

describe('files of cloud.cfg.d of two layers', () => {
  const cases: readonly (readonly [
    name: string,
    parent: LayerContent,
    child: LayerContent,
    found: readonly string[],
  ])[] = [
    [
      'one list replaces the other',
      cfg('90-a.cfg', 'ntp: {pools: [a]}'),
      cfg('91-b.cfg', 'ntp:\n  pools: [b]'),
      ['cfg-list warning files/etc/cloud/cloud.cfg.d/91-b.cfg:3'],
    ],
    ['equal lists', cfg('90-a.cfg', 'users: [default]'), cfg('91-b.cfg', 'users: [default]'), []],
    ['mappings merge', cfg('90-a.cfg', 'apt: {conf: a}'), cfg('91-b.cfg', 'apt: {preserve_sources_list: true}'), []],
    [
      'the later layer loses by name',
      cfg('95-a.cfg', 'timezone: UTC'),
      cfg('90-b.cfg', 'timezone: Europe/Berlin'),
      ['cfg-order warning files/etc/cloud/cloud.cfg.d/90-b.cfg:2'],
    ],
    ['the later layer wins by name', cfg('90-a.cfg', 'timezone: UTC'), cfg('95-b.cfg', 'timezone: Europe/Berlin'), []],
    [
      '9- sorts after 10-',
      cfg('9-a.cfg', 'timezone: UTC'),
      cfg('10-b.cfg', 'timezone: Europe/Berlin'),
      ['cfg-order warning files/etc/cloud/cloud.cfg.d/10-b.cfg:2'],
    ],
    [
      'a file takes the place of another of its name',
      cfg('90-a.cfg', 'users: [a]'),
      cfg('90-a.cfg', 'users: [default, a]'),
      [],
    ],
  ];
  for (const [name, parent, child, found] of cases) {
    test(name, () => expect(told(ofChild(parent, child))).toEqual(found));
  }
});

test('findings in an ancestor’s layers are the ancestor’s', () => {
  expect(ofChild(cfg('90-a.cfg', 'ssh_deletekeys: false'), { '/etc/motd': 'x' })).toEqual([]);
});

test('both layers are named', () => {
  const [finding] = ofChild(cfg('95-a.cfg', 'timezone: UTC'), cfg('90-b.cfg', 'timezone: Europe/Berlin'));
  expect(finding?.message).toContain('timezone of 95-a.cfg (layer base) wins');
  expect(finding?.fix).toBe('give the file a name that sorts after 95-a.cfg');
});
