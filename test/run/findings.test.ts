import { describe, expect, test } from 'vitest';
import type { BakeEvent } from '../../src/model/events.ts';
import { nodeId } from '../../src/model/ids.ts';
import type { PackerMessage, Progress } from '../../src/run/effects.ts';
import { packerFailure } from '../../src/run/failure.ts';
import { StageTracker } from '../../src/run/stages.ts';
import { artifact, imageName, NOW } from '../helpers/builders.ts';

const ID = nodeId(imageName('base'), 'x86_64');
const GUARDED = { row: 'hostname', layer: 'ssh', paths: ['/etc/hostname'] };
const PROTECTION = {
  ...GUARDED,
  override: { preserve_hostname: true },
  file: '/etc/cloud/cloud.cfg.d/99-bake-020-ssh.cfg',
};

const ARTIFACTS = [artifact('tools'), artifact('app', { owner: 'app' })];

/** The events and the error of a bake whose builder says this, and which then fails. */
function bakeThatSays(...said: readonly (Progress | string)[]) {
  const events: BakeEvent[] = [];
  const clock = { now: () => NOW, sleep: async () => {} };
  const tracker = new StageTracker(ID, [], clock, (event) => events.push(event));
  for (const one of said) {
    const message: PackerMessage =
      typeof one === 'string'
        ? { kind: 'message', text: one }
        : { kind: 'message', text: '::bake::', internal: true, progress: one };
    tracker.message(message);
  }
  const outcome = { status: 'failed', exitCode: 1, reason: 'exit code 1', errors: ['Script exited with 1'] } as const;
  return { events, error: packerFailure(ID, outcome, tracker.failure(), 'packer.log', { artifacts: ARTIFACTS }) };
}

describe('what the builder finds', () => {
  test('is an event when it is protected', () => {
    const { events } = bakeThatSays({ kind: 'protected', protection: PROTECTION });
    expect(events).toEqual([{ type: 'protected', id: ID, protection: PROTECTION }]);
  });

  test('is a warning with the remedy when it is not', () => {
    const unprotected = { ...GUARDED, effect: 'each boot writes it anew', advice: 'bake another file' };
    const { events } = bakeThatSays({ kind: 'unprotected', unprotected });
    expect(events).toMatchObject([
      {
        type: 'warning',
        id: ID,
        warning: {
          code: 'not-protected',
          message: 'layers/ssh has changed /etc/hostname: each boot writes it anew',
          hint: 'bake another file',
        },
      },
    ]);
  });

  test.each([
    ['owner', 'user', 'base/x86_64: artefact app cannot be laid: the machine has no user app or no group root'],
    ['folder', 'user', 'base/x86_64: artefact app cannot be laid: /opt/app is a folder on the machine'],
    ['content', 'cloud', /what arrived on the machine is not what was sent/],
  ] as const)('fails the bake with the artefact that could not be laid: %s', (why, blame, message) => {
    const { error } = bakeThatSays({ kind: 'artifact-not-laid', number: 2, why });
    expect(error).toMatchObject({ code: 'artifact-not-laid', blame, message: expect.stringMatching(message) });
  });

  test('fails the bake with each path when the image is not clean', () => {
    const { error } = bakeThatSays(
      { kind: 'unclean', unclean: { row: 'history', path: '/root/.bash_history', why: 'somebody typed it' } },
      { kind: 'unclean', unclean: { row: 'host-keys', path: '/etc/ssh/ssh_host_rsa_key', why: 'all clones have it' } },
    );
    expect(error).toMatchObject({
      code: 'image-not-clean',
      blame: 'user',
      message: 'base/x86_64: 2 things are in the image that no clone may have',
      details: [
        '/root/.bash_history: somebody typed it (history)',
        '/etc/ssh/ssh_host_rsa_key: all clones have it (host-keys)',
      ],
    });
  });

  test('fails the bake with each place where a secret is', () => {
    const { error } = bakeThatSays(
      { kind: 'leaked', leaked: { secret: 'npm-token', path: '/root/.npmrc', form: 'as it is' } },
      { kind: 'leaked', leaked: { secret: 'npm-token', path: '/var/log/journal', form: 'in base64' } },
      { kind: 'unclean', unclean: { row: 'npm-login', path: '/root/.npmrc', why: 'a login' } },
    );
    expect(error).toMatchObject({
      code: 'secret-left',
      blame: 'user',
      message: 'base/x86_64: the secret npm-token would be in the image',
      details: ['/root/.npmrc: npm-token, as it is', '/var/log/journal: npm-token, in base64'],
    });
  });

  test('fails the bake with each source that is not where packages are pinned', () => {
    const { error } = bakeThatSays({ kind: 'unpinned', unpinned: { where: 'http://x/debian', why: 'not pinned' } });
    expect(error).toMatchObject({
      code: 'packages-not-pinned',
      blame: 'user',
      message: "base/x86_64: packages do not come from where the image's `packages` pins them",
      details: ['http://x/debian: not pinned'],
    });
  });

  test('is a warning where a source is of somebody else', () => {
    const { events } = bakeThatSays({ kind: 'elsewhere', source: 'https://x' });
    expect(events).toMatchObject([{ type: 'warning', id: ID, warning: { code: 'source-not-pinned' } }]);
  });

  test('says that it was the pin and no layer', () => {
    const unprotected = { ...GUARDED, layer: 'package pin', effect: 'e', advice: 'a' };
    const { events } = bakeThatSays({ kind: 'unprotected', unprotected });
    expect(events).toMatchObject([{ warning: { message: 'the package pin has changed /etc/hostname: e' } }]);
  });

  test('fails the bake with file, line and key where something is of one region', () => {
    const found = { rule: 'region-id', layer: 'web', path: '/etc/app.conf', line: 3, match: 'vpc-1a2b3c4d' };
    const regional = { ...found, what: 'the id of a VPC, which one region has', key: 'network.vpc' };
    const { error } = bakeThatSays({ kind: 'regional', regional });
    expect(error).toMatchObject({
      code: 'image-not-neutral',
      blame: 'user',
      message: 'base/x86_64: 1 thing is in the image that one region or account alone has',
      details: [
        'layers/web: /etc/app.conf:3 region-id: vpc-1a2b3c4d is the id of a VPC, which one region has → network.vpc',
      ],
    });
  });

  test('is the state of cloud-init when that never ends', () => {
    const { error } = bakeThatSays('status: running', { kind: 'cloud-init-unfinished', seconds: 600 });
    expect(error).toMatchObject({ code: 'cloud-init-unfinished', details: ['status: running'] });
  });
});
