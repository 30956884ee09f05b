import { describe, expect, it, test } from 'vitest';
import { checkHealth } from '../../src/plan/check-health.ts';
import { checkIdentities, checkRestart } from '../../src/plan/check-identity.ts';
import { bakedOf, checkRecord } from '../../src/plan/check-record.ts';
import { health, identity, LAUNCH_KEY, probe, SETTINGS } from '../helpers/probes.ts';

const statuses = (checks: readonly { id: string; status: string }[]) =>
  Object.fromEntries(checks.map(({ id, status }) => [id, status]));

describe('health', () => {
  test.each([
    ['a sound machine', probe('a'), { 'cloud-init': 'ok', 'failed-units': 'ok', 'authorized-keys': 'ok' }],
    [
      'a failed unit',
      probe('a', { health: health({ systemState: 'degraded', failedUnits: ['nginx.service'] }) }),
      { 'cloud-init': 'ok', 'failed-units': 'failed', 'authorized-keys': 'ok' },
    ],
    [
      'errors of cloud-init',
      probe('a', { health: health({ cloudInit: { status: 'error', errors: ['no locale'], recoverable: [] } }) }),
      { 'cloud-init': 'failed', 'failed-units': 'ok', 'authorized-keys': 'ok' },
    ],
    [
      'recoverable errors of cloud-init',
      probe('a', { health: health({ cloudInit: { status: 'done', errors: [], recoverable: ['bad key'] } }) }),
      { 'cloud-init': 'failed', 'failed-units': 'ok', 'authorized-keys': 'ok' },
    ],
    [
      'an image without cloud-init',
      probe('a', { health: health({ cloudInit: { status: 'disabled', errors: [], recoverable: [] } }) }),
      { 'cloud-init': 'changed', 'failed-units': 'ok', 'authorized-keys': 'ok' },
    ],
    [
      'a key that was left',
      probe('a', {
        identity: identity('a', { authorizedKeys: { admin: [LAUNCH_KEY, 'SHA256:old'], root: [LAUNCH_KEY] } }),
      }),
      { 'cloud-init': 'ok', 'failed-units': 'ok', 'authorized-keys/admin/SHA256:old': 'failed' },
    ],
  ])('%s', (_, found, expected) => {
    expect(statuses(checkHealth(found, undefined))).toEqual(expected);
  });

  it('allows other keys where the user-data brings some', () => {
    const found = probe('a', { identity: identity('a', { authorizedKeys: { admin: ['SHA256:other'] } }) });
    const key = `ssh-ed25519 AAAA${'C'.repeat(60)} ops`;
    const status = (userData: string) => checkHealth(found, userData).at(-1)?.status;
    expect([status(`#cloud-config\nssh_authorized_keys: ["${key}"]\n`), status('#!/bin/sh\n')]).toEqual([
      'changed',
      'failed',
    ]);
  });
});

describe('identity', () => {
  const machine = (name: string, other = {}) => ({ name, identity: identity(name, other) });

  it('is every machine’s own', () => {
    const checks = checkIdentities([machine('1'), machine('2'), machine('the builder')]);
    expect(statuses(checks)).toEqual({
      'unique/host-keys': 'ok',
      'unique/machine-id': 'ok',
      'unique/random-seed': 'ok',
    });
  });

  it('is told with those who share it', () => {
    const checks = checkIdentities([machine('1', { machineId: 'same' }), machine('2', { machineId: 'same' })]);
    expect(statuses(checks)).toMatchObject({ 'unique/machine-id': 'failed', 'unique/host-keys': 'ok' });
    expect(checks[1]?.found).toBe('same: 1, 2');
  });

  it('counts one shared key of several', () => {
    const shared = { hostKeys: { rsa: 'SHA256:same', ed25519: 'SHA256:own' } };
    expect(
      statuses(checkIdentities([machine('1', shared), machine('2', { hostKeys: { rsa: 'SHA256:same' } })])),
    ).toMatchObject({ 'unique/host-keys': 'failed' });
  });

  it('stays over a restart', () => {
    const before = probe('a');
    const after = probe('a', { health: health({ bootId: 'boot-2' }) });
    expect(new Set(checkRestart(before, after).map(({ status }) => status))).toEqual(new Set(['ok']));
    const other = probe('a', { identity: identity('a', { hostKeys: {}, machineId: '' }), health: health() });
    expect(new Set(checkRestart(before, other).map(({ status }) => status))).toEqual(new Set(['failed']));
  });
});

describe('the record', () => {
  const record = {
    version: 1,
    baked: probe('builder'),
    machine: { packages: { nginx: '1.22' } },
    protected: [{ row: 'hostname', layer: 'os', paths: ['/etc/hostname'] }],
  };

  it('has the baked settings, its own packages among them', () => {
    const baked = bakedOf(JSON.parse(JSON.stringify(record)));
    expect(baked).toEqual({
      settings: { ...SETTINGS, packages: { nginx: '1.22' } },
      builder: identity('builder'),
      layers: new Map([['/etc/hostname', 'os']]),
    });
  });

  test.each([null, {}, { baked: null }, { baked: { version: 2 } }, { baked: { version: 1 } }])(
    '%j says nothing',
    (value) => {
      expect(bakedOf(value)).toBeUndefined();
    },
  );

  test.each([
    ['the one that was published', 'd1', 'd1', true, 'ok'],
    ['one that was changed', 'd2', 'd1', true, 'failed'],
    ['of an image that was never tagged with it', 'd1', undefined, true, 'ok'],
    ['of an older bake', 'd1', 'd1', false, 'failed'],
  ])('%s', (_, digest, tagged, known, status) => {
    expect(checkRecord(digest, tagged, known ? bakedOf(JSON.parse(JSON.stringify(record))) : undefined).status).toBe(
      status,
    );
  });
});
