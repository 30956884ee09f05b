import { expect, test } from 'vitest';
import { lintLayers } from '../../src/contract/lint.ts';
import { meantKey } from '../../src/contract/user-data/keys.ts';
import { kindOf } from '../../src/contract/user-data/kind.ts';
import { layer, sha256 } from '../helpers/builders.ts';
import { brief } from '../helpers/linting.ts';

const JINJA = '## template: jinja\n#cloud-config\n';

function lint(name: string, text: string | undefined): readonly string[] {
  const source = `user-data/${name}`;
  const web = layer('web', { userData: [{ source, digest: sha256(source) }] });
  const texts = new Map(text === undefined ? [] : [[source, text]]);
  return lintLayers({ layers: [{ layer: web, texts, own: true }], release: 'debian:12' }).map(brief);
}

test.each<[string, string, string, ReturnType<typeof kindOf>]>([
  ['cloud-config', 'a.yaml', '#cloud-config\na: 1\n', 'cloud-config'],
  ['… of the other ending', 'a.yml', '#cloud-config', 'cloud-config'],
  ['… with blanks after its header', 'a.yaml', '#cloud-config \na: 1\n', 'cloud-config'],
  ['a template', 'a.yaml', '## template: jinja\n#cloud-config\n{}\n', 'jinja'],
  ['a script', 'a.sh', '#!/bin/sh\n', 'script'],
  ['… of any name', 'a', '#!/usr/bin/python3\n', 'script'],
  ['a boot hook', 'a.boothook', '#cloud-boothook\n#!/bin/sh\n', 'boothook'],
  ['cloud-config without its header', 'a.yaml', 'a: 1\n', undefined],
  ['… with a longer one', 'a.yaml', '#cloud-config-archive\n- x\n', undefined],
  ['… after an empty line', 'a.yaml', '\n#cloud-config\n', undefined],
  ['a script in YAML’s clothes', 'a.yaml', '#!/bin/sh\n', undefined],
  ['cloud-config by another name', 'a.cfg', '#cloud-config\n', undefined],
  ['an include', 'a.txt', '#include https://example.com\n', undefined],
])('%s', (_, name, text, kind) => {
  expect(kindOf(name, text)).toBe(kind);
});

test.each<[string, string, string | undefined, readonly string[]]>([
  ['what is right', 'a.yaml', '#cloud-config\nruncmd: [a]\nvendor_key: 1\n', []],
  ['a header that is missing', 'a.yaml', 'runcmd: [a]\n', ['user-data-header error user-data/a.yaml:1']],
  ['what is no text', 'a.sh', undefined, ['user-data-text error user-data/a.sh:1']],
  ['what is not UTF-8', 'a.sh', '#!/bin/sh\necho caf\uFFFD\n', ['user-data-text error user-data/a.sh:1']],
  ['what is no YAML', 'a.yaml', '#cloud-config\na: 1\na: 2\n', ['user-data-yaml error user-data/a.yaml:3']],
  ['a key by another spelling', 'a.yaml', '#cloud-config\nRun-Cmd: []\n', ['user-data-key error user-data/a.yaml:2']],
  ['a rule of its own', 'a.yaml', '#cloud-config\nmerge_type: x\n', ['user-data-merge error user-data/a.yaml:2']],
  ['no default user', 'a.yaml', '#cloud-config\nusers: []\n', ['users-default error user-data/a.yaml:2']],
  ['only other users', 'a.yaml', '#cloud-config\nusers: [{name: x}]\n', ['users-default warning user-data/a.yaml:2']],
  ['one region', 'a.sh', '#!/bin/sh\n\nid=vpc-1a2b3c4d\n', ['region-id error user-data/a.sh:3']],
  ['a key in a template', 'a.yaml', `${JINJA}Run-Cmd: []\n`, ['user-data-key error user-data/a.yaml:3']],
  ['a rule of a template’s own', 'a.yaml', `${JINJA}merge_how: x\n`, ['user-data-merge error user-data/a.yaml:3']],
  ['no default user in a template', 'a.yaml', `${JINJA}users: []\n`, ['users-default error user-data/a.yaml:3']],
  [
    'nothing in a template that is no YAML yet',
    'a.yaml',
    `${JINJA}{% if v1.region %}\nRun-Cmd: []\n{% endif %}\nhostname: {{ v1.local_hostname }}-a\n`,
    [],
  ],
  [
    'one region in a template that is',
    'a.yaml',
    `${JINJA}runcmd: [a vpc-1a2b3c4d]\n`,
    ['region-id error user-data/a.yaml:3'],
  ],
  [
    'nothing of one region in a template',
    'a.yaml',
    '## template: jinja\n#cloud-config\nbucket: a-{{ v1.region }}\n',
    [],
  ],
])('finds %s', (_, name, text, found) => {
  expect(lint(name, text)).toEqual(found);
});

test.each([
  ['run_cmd', 'runcmd'],
  ['package', 'packages'],
  ['write-files', 'write_files'],
  ['runcmd', undefined],
  ['acme_agent', undefined],
])('%s is taken for %s', (key, meant) => {
  expect(meantKey(key)).toBe(meant);
});
