import { describe, expect, test } from 'vitest';
import { type BakeEvent, stageTitle } from '../../src/model/events.ts';
import { nodeId } from '../../src/model/ids.ts';
import { withProgress } from '../../src/packer/stages.ts';
import { provisionSteps } from '../../src/render/provisioning.ts';
import type { PackerOutcome } from '../../src/run/effects.ts';
import { bakeTimedOut, packerFailure } from '../../src/run/failure.ts';
import { StageTracker } from '../../src/run/stages.ts';
import { imageName, layer, layerFile, NOW, packerFile, playbook, REBOOT, script } from '../helpers/builders.ts';

const ID = nodeId(imageName('base'), 'x86_64');
const WEB = layer('web', { steps: [playbook(), packerFile('')] });
const OS = layer('os', { files: [layerFile('/etc/motd')], steps: [script('10-a.sh'), REBOOT] });

function follow(...lines: readonly string[]) {
  const events: BakeEvent[] = [];
  let now = NOW.getTime();
  const clock = { now: () => new Date(now), sleep: () => Promise.resolve() };
  const tracker = new StageTracker(ID, provisionSteps([OS, WEB]), clock, (event) => events.push(event));
  for (const line of lines) {
    now += 1000;
    const [, kind = 'say', text = ''] = /^(?:(error|message) )?(.*)$/.exec(line) ?? [];
    tracker.message(withProgress({ kind: kind as 'say' | 'error' | 'message', text }));
  }
  return { tracker, events };
}

describe('stages', () => {
  const LINES = [
    'Launching a source AWS instance...',
    'Waiting for SSH to become available...',
    'Using SSH communicator to connect: 127.77.0.1',
    '::bake:: prepare',
    '::bake:: start 1',
    '::bake:: done 1',
    '::bake:: start 2',
    'message hello',
    '::bake:: done 2',
    '::bake:: start 3',
    '::bake:: done 3',
    '::bake:: record',
    '::bake:: tidy',
    'Stopping the source instance...',
  ];

  test('begin in order, each ends when the next begins, and none begins twice', () => {
    const { tracker, events } = follow(...LINES);
    tracker.finish();
    tracker.finish();
    const seen = events.flatMap((event) =>
      event.type === 'stage-finished' ? [`${stageTitle(event.stage)} ${event.seconds}`] : [],
    );
    expect(seen).toEqual([
      'launch 1',
      'connect 2',
      'prepare 1',
      'layer os: files 2',
      'layer os: 10-a.sh 3',
      'layer os: reboot 2',
      'record 2',
      'stop 0',
    ]);
    expect(events.filter(({ type }) => type === 'stage-started')).toHaveLength(8);
    expect(events.filter(({ type }) => type === 'output').at(-2)).toMatchObject({ line: 'hello' });
  });

  test.each([
    ['Packer says so', ['Provisioning step had errors: Running the cleanup provisioner'], []],
    ['we find out', [], ['fail']],
  ] as const)('that fail are not finished: %s', (_, lines, calls) => {
    const { tracker, events } = follow('::bake:: start 2', '::bake:: failed 2 1', ...lines);
    for (const call of calls) tracker[call]();
    tracker.start({ name: 'clean-up' });
    tracker.finish();
    const finished = events.flatMap((event) => (event.type === 'stage-finished' ? [event.stage.name] : []));
    expect(finished).toEqual(['clean-up']);
    expect(tracker.failure().stage).toMatchObject({ layer: 'os' });
  });

  test('of a step that nobody knows are none', () => {
    expect(follow('::bake:: start 99', '::bake:: failed 99 1').tracker.failure()).toMatchObject({
      step: undefined,
      stage: undefined,
    });
  });
});

describe('failures', () => {
  const failed = (
    errors: readonly string[],
    exitCode: number | undefined = 1,
  ): Extract<PackerOutcome, { status: 'failed' }> => ({
    status: 'failed',
    exitCode,
    reason: 'Command failed with exit code 1: packer build',
    errors,
  });
  const errorOf = (lines: readonly string[], outcome = failed([])) =>
    packerFailure(ID, outcome, follow(...lines).tracker.failure(), '/logs/packer.log');

  test.each<[string, lines: string[], Extract<PackerOutcome, { status: 'failed' }>, code: string, message: string]>([
    [
      'of a script',
      ['::bake:: start 2', '::bake:: failed 2 7'],
      failed([]),
      'layer-failed',
      'base/x86_64: layers/os/scripts/10-a.sh failed with exit code 7',
    ],
    [
      'of laying the files',
      ['::bake:: start 1', '::bake:: failed 1 2'],
      failed([]),
      'layer-failed',
      'base/x86_64: layers/os: files failed with exit code 2',
    ],
    [
      'of a playbook, which Packer alone tells',
      ['::bake:: start 4', 'fatal: [default]: FAILED!', 'Provisioning step had errors: Running'],
      failed(['Error executing Ansible: Non-zero exit status: exit status 2']),
      'layer-failed',
      'base/x86_64: layers/web/ansible/site.yml failed',
    ],
    [
      'of what is written for Packer',
      ['::bake:: start 4', '::bake:: done 4', '::bake:: start 5', 'Provisioning step had errors: Running'],
      failed(['Script exited with non-zero exit status: 3']),
      'layer-failed',
      'base/x86_64: layers/web/packer/legacy.pkr.hcl failed',
    ],
    [
      'of what is written for Packer and restarts the machine',
      ['::bake:: start 5', 'error it has restarted', '::bake:: failed 5 1', 'Provisioning step had errors: Running'],
      failed(['Script exited with non-zero exit status: 1']),
      'layer-failed',
      'base/x86_64: layers/web/packer/legacy.pkr.hcl failed with exit code 1',
    ],
    [
      'after a playbook, which is none of it',
      ['::bake:: start 4', '::bake:: done 4', 'Provisioning step had errors: Running'],
      failed(['Timeout']),
      'packer-failed',
      'base/x86_64: Packer failed in the stage "layer web: ansible/site.yml": Timeout',
    ],
    [
      'to come back from a reboot',
      ['::bake:: start 3', 'error the machine has not restarted', 'Provisioning step had errors: Running'],
      failed(['Script exited with non-zero exit status: 1']),
      'packer-failed',
      'base/x86_64: Packer failed in the stage "layer os: reboot": Script exited with non-zero exit status: 1',
    ],
    [
      'of EC2, long after a script has complained',
      ['::bake:: start 2', 'error W: harmless', '::bake:: done 2', 'Stopping the source instance...'],
      failed(['Error stopping instance', 'W: harmless', "Build 'amazon-ebs.image' errored after 2 minutes: x"]),
      'packer-failed',
      'base/x86_64: Packer failed in the stage "stop": Error stopping instance',
    ],
    [
      'before anything',
      [],
      failed(['Error: bad template']),
      'packer-failed',
      'base/x86_64: Packer failed at its start: Error: bad template',
    ],
    [
      'without a word',
      [],
      failed([]),
      'packer-failed',
      'base/x86_64: Packer failed at its start: Command failed with exit code 1: packer build',
    ],
    [
      'without an AMI',
      [],
      { status: 'failed', exitCode: 0, reason: 'no AMI', errors: [] },
      'packer-failed',
      'base/x86_64: Packer failed at its start: no AMI; is the packer on PATH the real one?',
    ],
  ])('%s', (_, lines, outcome, code, message) => {
    expect(errorOf(lines, outcome)).toMatchObject({ code, message, hint: expect.stringContaining('/logs/packer.log') });
  });

  test('show the last lines before it, and not what Packer says afterwards', () => {
    const before = Array.from({ length: 30 }, (_, n) => `line ${n}`);
    const lines = ['::bake:: start 2', ...before, '::bake:: failed 2 1', 'Terminating the source AWS instance...'];
    expect(errorOf(lines).details).toEqual(before.slice(-15));
  });

  test('do not repeat themselves, nor what Packer says of every failure', () => {
    const said = [
      'the verdict',
      'the verdict',
      'another',
      "Build 'amazon-ebs.image' errored after 1 second: the verdict",
      "==> Some builds didn't complete successfully and had errors:",
    ];
    expect(errorOf([], failed(said)).details).toEqual(['another']);
  });

  test('of time say the limit and the setting', () => {
    expect(bakeTimedOut(ID, 3600, '/logs/packer.log')).toMatchObject({
      code: 'bake-timed-out',
      message: 'base/x86_64: not finished after 3600 s, stopped',
      hint: 'Look at what took so long in /logs/packer.log, or raise build.timeLimits.bake.',
    });
  });
});
