import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interrupted } from '../../../src/model/errors.ts';
import type { BakeEvent } from '../../../src/model/events.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { provisionSteps } from '../../../src/render/provisioning.ts';
import { SHELL_COMMANDS } from '../../../src/render/shell-commands.ts';
import { readKept } from '../../../src/run/shell/kept.ts';
import { endKept, endMachine, openSession, type ShellRequest } from '../../../src/run/shell/session.ts';
import {
  amiId,
  artifact,
  base,
  config,
  known,
  layer,
  layerFile,
  REBOOT,
  REGION,
  script,
  service,
  sha256,
  volume,
} from '../../helpers/builders.ts';
import { type FakeBehaviour, FakeTrial } from '../../helpers/fake-trial.ts';

let dir: string;
let keptFile: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bake-shell-'));
  keptFile = join(dir, 'shell', 'api-x86_64.json');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const nginx = layer('nginx', { files: [layerFile('/etc/nginx.conf')], steps: [script('10-nginx.sh')] });
const api = layer('api', { files: [layerFile('/etc/api.conf')], steps: [script('10-api.sh'), REBOOT] });
const layers = [nginx, api];
const image = service('api', 'base', { layers: ['nginx', 'api'] });
let runs = 0;

function request(other: Partial<ShellRequest> = {}): ShellRequest {
  runs += 1;
  return {
    stay: {
      run: `20261120T120000-00000${runs % 10}` as RunId,
      config: config([base('base'), image], layers),
      image,
      known: known('api', 7, {}),
      region: REGION,
      userData: Buffer.from('#cloud-config\n'),
      sshPort: 22,
      cidrs: ['192.0.2.1/32'],
      pollSeconds: 1,
      runDir: dir,
    },
    from: { imageId: amiId(1), text: 'base 2026.11.19.1' },
    layers,
    steps: provisionSteps(layers),
    payload: Buffer.from('payload'),
    secrets: undefined,
    hasVolumes: false,
    artifacts: { files: [], digest: sha256('none') },
    runner: Buffer.from('runner'),
    pinned: false,
    keptFile,
    layer: undefined,
    rerun: false,
    ...other,
  };
}

const rerun = (name: typeof api.name, other: Partial<ShellRequest> = {}) =>
  request({ layer: name, rerun: true, ...other });

/** Scripts and files that were run or laid, from the commands. */
const stepsOf = ({ commands }: FakeTrial) =>
  commands.flatMap((command) => /run\.sh step \d+ (\w+ \d+ '.*')/.exec(command)?.[1] ?? []);

const readyOf = ({ events }: FakeTrial) =>
  events.filter((event): event is Extract<BakeEvent, { type: 'shell-ready' }> => event.type === 'shell-ready');

it('launches a machine from the parent, as a builder is launched, with the files and no script run', async () => {
  const fake = new FakeTrial();
  const { launched, machine } = await openSession(request(), fake.effects());
  expect(launched).toBe(true);
  expect(machine.instanceId).toBe('i-1');
  expect(fake.launches).toMatchObject([{ imageId: amiId(1), count: 1, userData: Buffer.from('#cloud-config\n') }]);
  expect(stepsOf(fake)).toEqual(["files 1 '-'", "files 2 '-'"]);
  expect(await readKept(keptFile)).toMatchObject({ instanceId: 'i-1', imageId: amiId(1), ran: [] });
  expect(fake.events).toContainEqual({
    type: 'shell-started',
    id: 'api/x86_64#1',
    on: 'base 2026.11.19.1',
    reused: false,
  });
});

it('has the volumes that a builder has, and finds them for the prompt', async () => {
  const fake = new FakeTrial();
  const { stay } = request();
  const volumes = [volume('data'), volume('free', { device: '/dev/sdg', content: 'empty', inherited: true })];
  const own = { stay: { ...stay, image: { ...image, volumes } }, hasVolumes: true };
  await openSession(request(own), fake.effects());
  expect(fake.launches).toMatchObject([{ volumes }]);
  expect(fake.commands.filter((command) => command.endsWith('run.sh volumes'))).toHaveLength(1);
});

it('runs a layer again on the machine that is there, without launching another, and says how long each took', async () => {
  const fake = new FakeTrial({ commandSeconds: 2 });
  await openSession(rerun(api.name), fake.effects());
  expect(stepsOf(fake)).toEqual([
    "files 1 '-'",
    "script 1 'scripts/10-nginx.sh'",
    "files 2 '-'",
    "script 2 'scripts/10-api.sh'",
  ]);
  expect(readyOf(fake)[0]?.layers.map((one) => one.layer)).toEqual(['nginx', 'api']);

  fake.commands.length = 0;
  const { launched } = await openSession(rerun(nginx.name, { payload: Buffer.from('new') }), fake.effects());
  expect(launched).toBe(false);
  expect(fake.launches).toHaveLength(1);
  expect(fake.commands).toContain(SHELL_COMMANDS.unpack);
  expect(stepsOf(fake)).toEqual(["files 1 '-'", "script 1 'scripts/10-nginx.sh'"]);
  const [, again] = readyOf(fake);
  expect(again?.layers).toEqual([{ layer: 'nginx', seconds: 4 }]);
  expect(again?.seconds).toBeLessThan(readyOf(fake)[0]?.seconds ?? 0);
  expect(await readKept(keptFile)).toMatchObject({ ran: ['nginx', 'api'] });
});

it('restarts the machine where a layer does, and waits for the boot', async () => {
  const fake = new FakeTrial();
  await openSession(rerun(api.name), fake.effects());
  const waits = fake.commands.filter((command) => command.includes('/run.sh wait '));
  expect(waits).toHaveLength(2);
});

it('pins the packages before the first layer of an image that pins them', async () => {
  const fake = new FakeTrial();
  await openSession(request({ pinned: true }), fake.effects());
  const at = (command: string) => fake.commands.findIndex((one) => one.includes(command));
  expect(at(SHELL_COMMANDS.pin)).toBeGreaterThan(at(SHELL_COMMANDS.unpack));
  expect(at(SHELL_COMMANDS.pin)).toBeLessThan(at('run.sh step '));
});

it('finds the volumes again after a restart', async () => {
  const fake = new FakeTrial();
  await openSession(rerun(api.name, { hasVolumes: true }), fake.effects());
  expect(fake.commands.filter((command) => command === SHELL_COMMANDS.volumes)).toHaveLength(2);
});

it('sends secrets before the first script, with each new state of the layers, and after a restart', async () => {
  const fake = new FakeTrial();
  const secrets = Buffer.from('archive of secrets');
  await openSession(rerun(api.name, { secrets }), fake.effects());
  await openSession(rerun(nginx.name, { secrets }), fake.effects());
  const order = fake.commands.flatMap((command) => {
    if (command === SHELL_COMMANDS.secrets) return ['secrets'];
    return /run\.sh step \d+ (script) |run\.sh (wait) /.exec(command)?.slice(1).filter(Boolean) ?? [];
  });
  expect(order).toEqual(['wait', 'secrets', 'script', 'script', 'wait', 'secrets', 'secrets', 'script']);
});

describe('artefacts', () => {
  const files = [{ artifact: artifact('app'), file: '/build/app' }];
  const sentOf = ({ commands }: FakeTrial) =>
    commands.filter(
      (command) => command.startsWith(SHELL_COMMANDS.receive('')) || command === SHELL_COMMANDS.artifacts,
    );
  const sent = [SHELL_COMMANDS.receive('/var/tmp/bake-artifact-1'), SHELL_COMMANDS.artifacts];

  it('are laid on a new machine, and again only when there are others', async () => {
    const fake = new FakeTrial();
    const artifacts = { files, digest: sha256('first') };
    await openSession(rerun(api.name, { artifacts }), fake.effects());
    await openSession(rerun(api.name, { artifacts }), fake.effects());
    expect(sentOf(fake)).toEqual(sent);
    const others = { files, digest: sha256('second') };
    await openSession(rerun(api.name, { artifacts: others }), fake.effects());
    await openSession(rerun(api.name, { artifacts: others }), fake.effects());
    expect(sentOf(fake)).toEqual([...sent, ...sent]);
  });

  it('that cannot be laid say which and why, and leave no machine', async () => {
    const stdout = '::bake:: artifact 1 folder\n';
    const fake = new FakeTrial({ artifacts: { kind: 'exited', exitCode: 1, stdout, stderr: '' } });
    const session = openSession(rerun(api.name, { artifacts: { files, digest: sha256('first') } }), fake.effects());
    await expect(session).rejects.toMatchObject({
      code: 'artifact-not-laid',
      message: 'api/x86_64#1: artefact app cannot be laid: /opt/app is a folder on the machine',
    });
    expect(fake.living()).toEqual([]);
  });
});

it('says that a bake would start from another parent now', async () => {
  const fake = new FakeTrial();
  await openSession(request(), fake.effects());
  await openSession(rerun(nginx.name, { from: { imageId: amiId(2), text: 'base 2026.11.20.1' } }), fake.effects());
  expect(fake.events).toContainEqual(
    expect.objectContaining({ type: 'warning', warning: expect.objectContaining({ code: 'shell-outdated' }) }),
  );
});

describe('a machine that does not last', () => {
  const failing: FakeBehaviour = { scripts: { 'scripts/10-nginx.sh': { exitCode: 7, lines: ['no such package'] } } };

  it('stays when a layer fails, so that it can be looked at and the layer run again', async () => {
    const fake = new FakeTrial(failing);
    await expect(openSession(rerun(nginx.name), fake.effects())).rejects.toMatchObject({
      code: 'layer-failed',
      message: 'api/x86_64#1: layers/nginx/scripts/10-nginx.sh failed with exit code 7',
      hint: expect.stringContaining('bake shell api --layer nginx'),
      details: ['no such package'],
    });
    expect(fake.living()).toEqual(['i-1']);
    expect(await readKept(keptFile)).toMatchObject({ ran: [] });
  });

  it('is removed when nobody can log in', async () => {
    const fake = new FakeTrial({ loginAfter: Number.POSITIVE_INFINITY });
    await expect(openSession(request(), fake.effects())).rejects.toMatchObject({ code: 'no-login' });
    expect(fake.living()).toEqual([]);
    expect(existsSync(keptFile)).toBe(false);
    expect(existsSync(join(dir, 'try-x86_64.key'))).toBe(false);
  });

  it('is removed after an interruption of the command that launched it', async () => {
    const abort = new AbortController();
    const onCommand = (command: string) => {
      if (command.includes('run.sh step ')) abort.abort(interrupted('SIGINT'));
    };
    const fake = new FakeTrial({ onCommand });
    await expect(openSession(rerun(nginx.name), fake.effects(abort.signal))).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(fake.living()).toEqual([]);
    expect(existsSync(keptFile)).toBe(false);
  });

  it('is launched anew when it has ended by itself', async () => {
    const fake = new FakeTrial();
    await openSession(rerun(nginx.name), fake.effects());
    await fake.effects().instances.terminate('i-1');
    const { launched, machine } = await openSession(rerun(nginx.name), fake.effects());
    expect({ launched, id: machine.instanceId }).toEqual({ launched: true, id: 'i-2' });
    expect(fake.cleared).toHaveLength(1);
  });

  it('is removed with its key on request, and once only', async () => {
    const fake = new FakeTrial();
    const first = request();
    await openSession(first, fake.effects());
    expect(await endKept(request(), fake.effects())).toBe(true);
    expect(fake.living()).toEqual([]);
    expect(fake.cleared).toMatchObject([{ run: first.stay.run, image: 'api' }]);
    expect(existsSync(join(dir, 'try-x86_64.key'))).toBe(false);
    expect(await endKept(request(), fake.effects())).toBe(false);
  });

  it('is the one of this command, where two have begun at once', async () => {
    const [one, other] = [new FakeTrial(), new FakeTrial()];
    const first = request();
    const { kept } = await openSession(first, one.effects());
    await rm(keptFile);
    const second = request({ stay: { ...first.stay, run: '20261120T120000-0000ff' as RunId } });
    await openSession(second, other.effects());
    await endMachine(kept, first, one.effects());
    expect(one.cleared).toMatchObject([{ run: first.stay.run }]);
    expect(await readKept(keptFile)).toMatchObject({ run: second.stay.run });
  });

  it('counts as none where what is remembered cannot be read', async () => {
    await openSession(request(), new FakeTrial().effects());
    await writeFile(keptFile, '{"form": 1, "instanceId"');
    expect(await readKept(keptFile)).toBeUndefined();
  });
});
