import { describe, expect, test } from 'vitest';
import { withProgress } from '../../src/packer/stages.ts';
import type { Progress } from '../../src/run/effects.ts';

const REGIONAL = {
  rule: 'region-id',
  layer: 'web',
  path: '/etc/app.conf',
  line: 3,
  match: 'vpc-1a2b3c4d',
  what: 'the id of a VPC, which one region has',
  key: 'network.vpc',
};

const progressOf = (text: string) => withProgress({ kind: 'message', text });

describe("lines of the builder's programs are progress and not for people", () => {
  const finding = { row: 'hostname', layer: 'ssh', paths: ['/etc/a "b", {c}'] };
  test.each<[string, Progress]>([
    ['::bake:: prepare', { kind: 'stage', stage: 'prepare' }],
    ['::bake:: start 3', { kind: 'step-started', number: 3 }],
    ['::bake:: done 3', { kind: 'step-done', number: 3 }],
    ['::bake:: failed 3 127', { kind: 'step-failed', number: 3, exitCode: 127 }],
    ['::bake:: tidy', { kind: 'stage', stage: 'record' }],
    ['::bake:: unfinished 600', { kind: 'cloud-init-unfinished', seconds: 600 }],
    ['::bake:: artifact 2 owner', { kind: 'artifact-not-laid', number: 2, why: 'owner' }],
    [
      `::bake:: protected ${JSON.stringify({ ...finding, override: { preserve_hostname: true }, file: null })}`,
      { kind: 'protected', protection: { ...finding, override: { preserve_hostname: true }, file: null } },
    ],
    [
      `::bake:: unprotected ${JSON.stringify({ ...finding, effect: 'e', advice: 'a' })}`,
      { kind: 'unprotected', unprotected: { ...finding, effect: 'e', advice: 'a' } },
    ],
    [
      `::bake:: unclean ${JSON.stringify({ row: 'logs', path: '/var/log/x', why: 'w' })}`,
      { kind: 'unclean', unclean: { row: 'logs', path: '/var/log/x', why: 'w' } },
    ],
    [
      `::bake:: leaked ${JSON.stringify({ secret: 'token', path: '/x', form: 'in base64' })}`,
      { kind: 'leaked', leaked: { secret: 'token', path: '/x', form: 'in base64' } },
    ],
    [
      `::bake:: unpinned ${JSON.stringify({ where: '/etc/apt', why: 'w' })}`,
      { kind: 'unpinned', unpinned: { where: '/etc/apt', why: 'w' } },
    ],
    ['::bake:: elsewhere {"source": "https://x"}', { kind: 'elsewhere', source: 'https://x' }],
    [`::bake:: regional ${JSON.stringify(REGIONAL)}`, { kind: 'regional', regional: REGIONAL }],
  ])('%s', (line, progress) => {
    expect(progressOf(line)).toMatchObject({ internal: true, progress });
  });

  test('a finding that was cut says nothing', () => {
    expect(progressOf('::bake:: unclean {"row": }')).toEqual({
      kind: 'message',
      text: '::bake:: unclean {"row": }',
      internal: true,
    });
  });

  test('a line of a script is for people', () => {
    expect(progressOf('Setting up nginx ...')).toEqual({ kind: 'message', text: 'Setting up nginx ...' });
  });
});
