import type { BakeEvent, Outcome, Stage } from '../../src/model/events.ts';
import type {
  AccountId,
  AmiId,
  ChannelName,
  Fingerprint,
  ImageName,
  NodeId,
  ProjectName,
  Region,
  RunId,
  Version,
} from '../../src/model/ids.ts';
import type { BakePlan, PlanStep } from '../../src/model/plan.ts';

export const AMI = 'ami-0123456789abcdef0' as AmiId;
export const VERSION = '2026.11.20.1' as Version;

export function step(id: NodeId, action: 'bake' | 'reuse'): PlanStep {
  const base = {
    id,
    image: id.slice(0, id.indexOf('/')) as ImageName,
    architecture: 'x86_64' as const,
    fingerprint: 'f'.repeat(64) as Fingerprint,
    parent: { kind: 'source', imageId: AMI, name: 'debian-12-amd64-20261101-1234' } as const,
  };
  return action === 'bake'
    ? { ...base, action, reason: { why: 'never-baked' } }
    : { ...base, action, imageId: AMI, version: VERSION };
}

export const plan = (...steps: readonly PlanStep[]): BakeEvent => {
  const value: BakePlan = {
    version: 1,
    project: 'acme' as ProjectName,
    region: 'us-east-1' as Region,
    steps,
    warnings: [],
  };
  return { type: 'plan', plan: value };
};

export const runStarted: BakeEvent = {
  type: 'run-started',
  run: '20261120T140320-3f2a91' as RunId,
  command: 'bake all',
  logs: '.bake/runs/20261120T140320-3f2a91',
};

export const done: Outcome = { status: 'done', imageId: AMI, version: VERSION };
export const reused: Outcome = { status: 'reused', imageId: AMI, version: VERSION };
export const failed: Outcome = {
  status: 'failed',
  error: {
    code: 'script-failed',
    message: 'layer worker: 10-service.sh exited with 1',
    details: ['worker.service:7: Unknown key', 'exit status 1'],
    hint: 'bake try worker',
    blame: 'user',
  },
};

export const finished = (id: NodeId, outcome: Outcome, seconds = 84): BakeEvent => ({
  type: 'bake-finished',
  id,
  outcome,
  seconds,
});

export const stageStarted = (id: NodeId, stage: Stage): BakeEvent => ({ type: 'stage-started', id, stage });
export const output = (id: NodeId, line: string): BakeEvent => ({ type: 'output', id, line });

/** base is reused, api is baked, worker fails. */
export const SCRIPT: readonly BakeEvent[] = [
  runStarted,
  { type: 'setup-started', step: 'emulator' },
  { type: 'setup-output', step: 'emulator', line: 'installing moto' },
  { type: 'setup-finished', step: 'emulator', seconds: 1.43, detail: 'http://127.0.0.1:4566' },
  plan(step('base/x86_64', 'reuse'), step('api/x86_64', 'bake'), step('worker/x86_64', 'bake')),
  { type: 'warning', warning: { code: 'no-state', message: 'no state bucket', hint: 'bake state init' } },
  finished('base/x86_64', reused, 0),
  { type: 'bake-started', id: 'api/x86_64', reason: { why: 'never-baked' } },
  { type: 'version-reserved', id: 'api/x86_64', version: VERSION },
  stageStarted('api/x86_64', { name: 'layer', layer: 'api', script: '10-service.sh' }),
  output('api/x86_64', '\u001b[32mSetting up\u001b[0m nginx'),
  output('api/x86_64', ''),
  output('api/x86_64', ''),
  output('api/x86_64', 'the password is hunter2secret'),
  {
    type: 'stage-finished',
    id: 'api/x86_64',
    stage: { name: 'layer', layer: 'api', script: '10-service.sh' },
    seconds: 12.3,
  },
  finished('api/x86_64', done),
  {
    type: 'bake-started',
    id: 'worker/x86_64',
    reason: {
      why: 'inputs-changed',
      since: VERSION,
      changes: [
        { input: 'layer/worker/files/etc/motd', change: 'changed' },
        { input: 'variables/pollSeconds', change: 'added' },
      ],
    },
  },
  { type: 'removed', id: 'worker/x86_64', what: 'instance i-0abc' },
  finished('worker/x86_64', failed, 61),
  {
    type: 'result',
    ok: false,
    exitCode: 1,
    outcomes: { 'base/x86_64': reused, 'api/x86_64': done, 'worker/x86_64': failed },
  },
];

const NO_BUCKET = { code: 'bucket-missing', message: 'there is no bucket acme-eu', blame: 'user' } as const;
const FAILED_PLACE = { status: 'failed', error: { ...NO_BUCKET, hint: 'add --create-buckets' } } as const;
const PUBLISHED = { status: 'published', serial: 7, content: 'c' } as const;

/** A push to two places, one of which has no bucket. */
export const PUBLISHING: readonly BakeEvent[] = [
  {
    type: 'place-planned',
    id: 'a/us-east-1',
    plan: {
      account: 'a' as AccountId,
      region: 'us-east-1' as Region,
      channels: [],
      bucket: 'acme-us',
      prefix: 'api',
      serial: 6,
      bucketChanges: [],
      objects: [{ name: 'values.json', change: 'changed', from: 14, to: 15 }],
      values: [{ path: 'log', from: 'info', to: 'debug' }],
    },
  },
  { type: 'place-finished', id: 'a/eu-west-1', outcome: FAILED_PLACE, seconds: 0 },
  { type: 'place-started', id: 'a/us-east-1' },
  { type: 'bucket-changed', id: 'a/us-east-1', bucket: 'acme-us', change: 'versioning' },
  { type: 'object-written', id: 'a/us-east-1', name: 'values.json', bytes: 15 },
  { type: 'place-finished', id: 'a/us-east-1', outcome: PUBLISHED, seconds: 0.4 },
  {
    type: 'result',
    ok: false,
    exitCode: 1,
    outcomes: { 'a/us-east-1': PUBLISHED, 'a/eu-west-1': FAILED_PLACE },
  },
];

const SITE = { account: '111122223333' as AccountId, region: 'eu-west-1' as Region };
const SITE_ID = '111122223333/eu-west-1 api/x86_64';
const POINTER = { kind: 'parameter', name: '/acme/prod/api' } as const;
const READY = { status: 'ready', imageId: AMI } as const;

/** A promotion to one site, whose pointer is moved and put back. */
export const PROMOTING: readonly BakeEvent[] = [
  {
    type: 'promotion-planned',
    plan: {
      version: 1,
      project: 'acme' as ProjectName,
      channel: 'prod' as ChannelName,
      action: 'promote',
      images: [{ image: 'api' as ImageName, version: VERSION, nodes: ['api/x86_64'] }],
      sites: [{ id: SITE_ID, site: SITE, node: 'api/x86_64', imageId: AMI, steps: [{ do: 'wait', imageId: AMI }] }],
      leftovers: [],
      pointers: [{ target: { ...SITE, mode: 'copy' }, moves: [{ ...POINTER, node: 'api/x86_64', to: AMI }] }],
      holds: {},
    },
  },
  { type: 'site-started', id: SITE_ID },
  { type: 'site-step', id: SITE_ID, step: { do: 'wait', imageId: AMI } },
  { type: 'site-progress', id: SITE_ID, imageId: AMI, percent: 45 },
  { type: 'site-finished', id: SITE_ID, outcome: READY, seconds: 90 },
  { type: 'pointer-moved', target: '111122223333/eu-west-1', pointer: POINTER, to: AMI },
  { type: 'pointer-put-back', target: '111122223333/eu-west-1', pointer: POINTER },
  { type: 'result', ok: false, exitCode: 1, outcomes: { [SITE_ID]: READY } },
];
