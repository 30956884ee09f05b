import { expect, it } from 'vitest';
import { TRY_COMMANDS, trialTests, tryPayloadEntries } from '../../src/render/try-payload.ts';
import { base, config, layer, service, sha256 } from '../helpers/builders.ts';

const tests = (...sources: readonly string[]) =>
  sources.map((source) => ({ source, isTest: source.split('/').length === 2, digest: sha256(source) }));

const lineage = [
  base('base', { layers: ['os', 'plain'], variables: { port: 80 } }),
  service('api', 'base', { layers: ['app'], variables: { port: 8080 } }),
];
const layers = [
  layer('os', { tests: tests('test/10-a') }),
  layer('plain'),
  layer('app', { tests: tests("test/10-it's", 'test/data/request.json') }),
];
const request = {
  config: config(lineage, layers),
  lineage,
  architecture: 'x86_64',
  programs: { 'run.sh': '#!/bin/sh\n', 'probe.py': 'pass\n' },
} as const;

it('runs the tests of the whole lineage, each with the variables that its layer was baked with', () => {
  expect(trialTests(request).map(TRY_COMMANDS.test)).toEqual([
    "sudo -n sh /var/lib/bake-try/run.sh test 1 1 '10-a'",
    "sudo -n sh /var/lib/bake-try/run.sh test 2 3 '10-it'\\''s'",
  ]);
});

it('sends the runner, the probe, the variables of each image, and the tests with their data', () => {
  const entries = tryPayloadEntries(request);
  expect(entries.map(({ path, mode }) => `${mode} ${path}`)).toEqual([
    '0755 run.sh',
    '0755 probe.py',
    '0600 images/1/variables.sh',
    '0600 images/2/variables.sh',
    '0755 layers/1/10-a',
    "0755 layers/3/10-it's",
    '0755 layers/3/data/request.json',
  ]);
  expect(entries[3]?.content).toMatchObject({ kind: 'text', text: expect.stringContaining("BAKE_VAR_port='8080'") });
});
