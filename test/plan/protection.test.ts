import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import type { BakePlan, BakeStep, ReuseStep } from '../../src/model/plan.ts';
import { explainPlan } from '../../src/plan/explain.ts';
import { withFindings } from '../../src/plan/protection.ts';
import { amiId, fingerprint, imageName, layer, PROJECT, REGION, version } from '../helpers/builders.ts';

const common = {
  architecture: 'x86_64',
  fingerprint: fingerprint('a'),
  parent: { kind: 'this-run', image: imageName('base') },
} as const;
const baked: BakeStep = {
  ...common,
  action: 'bake',
  id: 'api/x86_64',
  image: imageName('api'),
  reason: { why: 'forced' },
};
const reused: ReuseStep = {
  ...common,
  action: 'reuse',
  id: 'worker/x86_64',
  image: imageName('worker'),
  imageId: amiId(1),
  version: version('1'),
};
const plan: BakePlan = { version: 1, project: PROJECT, region: REGION, steps: [baked, reused], warnings: [] };

const finding = (severity: Finding['severity']): Finding => ({
  rule: 'hosts',
  severity,
  layer: layer('web').name,
  file: 'files/etc/hosts',
  line: 1,
  path: '/etc/hosts',
  message: 'every boot writes it',
  fix: 'the bake writes manage_etc_hosts: false into cloud.cfg.d',
});

test('what is baked protects; what is reused was baked before', () => {
  const findings = [finding('protected'), finding('warning')];
  const checked = withFindings(
    plan,
    new Map([
      [baked.image, findings],
      [reused.image, findings],
    ]),
  );
  expect(checked.steps).toEqual([{ ...baked, protects: [finding('protected')] }, reused]);
  expect(checked.warnings).toEqual([]);
  expect(explainPlan(checked)).toContain(
    '\n    protects /etc/hosts (web: files/etc/hosts:1): the bake writes manage_etc_hosts: false into cloud.cfg.d, since every boot writes it\n',
  );
});

test('errors are a warning of the plan, once an image', () => {
  const arm: BakeStep = { ...baked, id: 'api/arm64', architecture: 'arm64' };
  const findings = new Map([[baked.image, [finding('error')]]]);
  expect(withFindings({ ...plan, steps: [baked, arm] }, findings).warnings).toEqual([
    {
      code: 'check-failed',
      message: 'api will not be baked: the check of its layers finds 1 error',
      hint: 'bake check api',
    },
  ]);
});
