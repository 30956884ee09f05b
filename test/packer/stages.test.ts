import { describe, expect, test } from 'vitest';
import { withProgress } from '../../src/packer/stages.ts';

const progressOf = (text: string) => withProgress({ kind: 'say', text }).progress;

// As the amazon-ebs builder says them in 1.6.6.
describe('what the builder says', () => {
  test.each<[string, string | undefined]>([
    ['Prevalidating AMI Name: acme/base/2026.11.20.1-x86_64', undefined],
    ['Launching a source AWS instance...', 'launch'],
    ['Adding tags to source instance', undefined],
    ['Waiting for instance (i-6ad6833bc06dcc0bf) to become ready...', undefined],
    ['Using SSH communicator to connect: 127.77.0.1', 'connect'],
    ['Waiting for SSH to become available...', 'connect'],
    ['Connected to SSH!', undefined],
    ['Stopping the source instance...', 'stop'],
    ['Creating AMI acme/bare/1-x86_64 from instance i-6ad6833bc06dcc0bf', 'snapshot'],
    ['Creating unencrypted AMI acme/bare/1-x86_64 from instance i-6ad6833bc06dcc0bf', 'snapshot'],
    ['Waiting for AMI to become ready...', undefined],
    ['Adding tags to AMI (ami-0f07c0a17abb79be8)...', 'tags'],
    ['Creating AMI tags', undefined],
    ['Terminating the source AWS instance...', undefined],
    ['Provisioning step had errors: Running the cleanup provisioner, if present...', 'clean-up'],
    ['echo Stopping the source instance', undefined],
  ])('%s', (text, stage) => {
    expect(progressOf(text)).toEqual(stage === undefined ? undefined : { kind: 'stage', stage });
  });
});

describe('what the runner on the machine says', () => {
  test.each<[string, object | undefined]>([
    ['::bake:: prepare', { kind: 'stage', stage: 'prepare' }],
    ['::bake:: start 3', { kind: 'step-started', number: 3 }],
    ['::bake:: done 3', { kind: 'step-done', number: 3 }],
    ['  ::bake:: failed 3 127 ', { kind: 'step-failed', number: 3, exitCode: 127 }],
    ['::bake:: record', { kind: 'stage', stage: 'record' }],
    ['::bake:: tidy', { kind: 'stage', stage: 'record' }],
    ['::bake:: something-new', undefined],
  ])('%s', (text, progress) => {
    const message = withProgress({ kind: 'message', text });
    expect(message.progress).toEqual(progress);
    expect(message.internal).toBe(text.includes('something') ? undefined : true);
  });

  test.each(['x ::bake:: start 3', '::bake::start 3', ':: bake :: start 3'])('%s is not of the runner', (text) => {
    expect(withProgress({ kind: 'message', text })).toEqual({ kind: 'message', text });
  });
});
