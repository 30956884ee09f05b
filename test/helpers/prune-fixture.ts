import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DisableImageCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
  ModifyImageAttributeCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { TAG } from '../../src/model/tags.ts';
import { EVERYWHERE, FAR, HOME, NEAR, PruneShop, ROLE, SOURCE, type Version, type Where } from './prune-shop.ts';
import { type SandboxServer, until } from './sandbox-server.ts';
import { ACCOUNT, OTHER } from './sites.ts';

const COPIES = EVERYWHERE.filter((where) => where !== SOURCE);
const OWN_NEAR: Where = `${ACCOUNT}/${NEAR}`;
const THEIR_HOME: Where = `${OTHER}/${HOME}`;
const THEIR_NEAR: Where = `${OTHER}/${NEAR}`;
const THEIR_FAR: Where = `${OTHER}/${FAR}`;
export const FRIENDS = ['999988887777', '888877776666'];

interface Case extends Version {
  /** What becomes of it, and of what is kept, why. */
  readonly expect: string;
}

/** Every kind of reference, and what nothing refers to. Oldest first, parents before children. */
export const CASES: readonly Case[] = [
  { name: 'base/1.0.0', age: 200, expect: 'retire' },
  { name: 'base/2.0.0', age: 195, expect: 'keep parent' },
  { name: 'base/3.0.0', age: 190, expect: 'retire' },
  { name: 'base/4.0.0', age: 185, expect: 'keep parent' },
  { name: 'base/5.0.0', age: 180, retired: 30, expect: 'deregister' },
  { name: 'base/6.0.0', age: 175, retired: 30, expect: 'wait' },
  { name: 'base/7.0.0', age: 170, expect: 'keep source' },
  { name: 'base/8.0.0', age: 165, expect: 'keep pinned' },
  { name: 'base/9.0.0', age: 160, expect: 'keep newest' },
  { name: 'base/10.0.0', age: 155, expect: 'keep newest' },

  { name: 'api/1.0.0', age: 150, parent: 'base/3.0.0', copies: COPIES, expect: 'retire' },
  { name: 'api/2.0.0', age: 148, copies: COPIES, expect: 'keep channel now' },
  { name: 'api/3.0.0', age: 146, copies: [OWN_NEAR, THEIR_NEAR], expect: 'keep channel before' },
  { name: 'api/4.0.0', age: 144, copies: [THEIR_FAR], expect: 'keep reference launch template' },
  { name: 'api/5.0.0', age: 142, copies: [OWN_NEAR], expect: 'keep reference instance' },
  { name: 'api/6.0.0', age: 140, copies: [THEIR_NEAR], expect: 'keep reference parameter' },
  { name: 'api/7.0.0', age: 138, copies: [THEIR_HOME], expect: 'keep reference parameter' },
  { name: 'api/8.0.0', age: 136, expect: 'keep reference instance' },
  { name: 'api/9.0.0', age: 134, launched: 3, copies: [OWN_NEAR], expect: 'keep launched' },
  { name: 'api/10.0.0', age: 132, copies: [THEIR_NEAR], expect: 'retire' },
  { name: 'api/11.0.0', age: 130, tags: { [TAG.fingerprint]: '' }, expect: 'keep unfinished' },
  { name: 'api/12.0.0', age: 128, expect: 'keep disabled' },
  { name: 'api/13.0.0', age: 126, tags: { 'bake:grant/222233334444/prod': 'launch' }, expect: 'keep copying' },
  {
    name: 'api/14.0.0',
    age: 124,
    parent: 'base/5.0.0',
    copies: [OWN_NEAR, THEIR_FAR],
    retired: 20,
    expect: 'deregister',
  },
  { name: 'api/15.0.0', age: 122, parent: 'base/6.0.0', copies: [THEIR_FAR], retired: 2, expect: 'wait' },
  { name: 'api/16.0.0', age: 120, copies: [OWN_NEAR], expect: 'retire' },
  { name: 'api/17.0.0', age: 118, tags: { [TAG.bad]: 'it leaks' }, expect: 'retire' },
  { name: 'api/18.0.0', age: 116, source: false, copies: [THEIR_NEAR], expect: 'retire' },
  {
    name: 'api/19.0.0',
    age: 114,
    parent: 'base/4.0.0',
    copies: [OWN_NEAR],
    retired: 20,
    expect: 'keep reference instance',
  },
  { name: 'api/20.0.0', age: 60, parent: 'base/2.0.0', expect: 'keep newest' },
  { name: 'api/21.0.0', age: 50, copies: [OWN_NEAR], expect: 'keep newest' },
  { name: 'api/22.0.0', age: 5, tags: { [TAG.bad]: 'it leaks' }, expect: 'keep young' },

  { name: 'worker/1.0.0', age: 150, copies: [OWN_NEAR], expect: 'keep no-rule' },
  { name: 'gone/1.0.0', age: 150, copies: [THEIR_NEAR], expect: 'keep not-configured' },
];

/** Sixty AMIs in three regions of two accounts, with whatever may refer to them. */
export async function pruneFixture(server: SandboxServer): Promise<PruneShop> {
  const targets = [
    { regions: [HOME, NEAR, FAR] },
    { account: OTHER, role: ROLE, mode: 'copy', regions: [HOME, NEAR, FAR] },
  ];
  const pointers = { parameter: '/acme/{channel}/{image}' };
  const settings = { channels: { prod: { targets, pointers, deregistrationProtection: 'with-cooldown' } } };
  const keep = { last: 2, days: 30 };
  const shop = await PruneShop.create(server, settings, {
    base: { source: 'debian:12', layers: ['os'], keep },
    api: { parent: 'base' },
    // Of its own, so that it inherits none.
    worker: { source: 'debian:12' },
  });
  for (const one of CASES) await shop.add(one);
  await settle(shop);
  await refer(shop);
  return shop;
}

/** What is retired looks as a run leaves it; what others have done. */
async function settle(shop: PruneShop): Promise<void> {
  for (const { name, retired, copies = [] } of CASES) {
    if (retired === undefined) continue;
    for (const where of [SOURCE, ...copies]) {
      const ImageId = shop.id(name, where);
      const DeprecateAt = new Date(Date.now() + 60_000);
      // The instance of this one was launched while it could be.
      if (name === 'api/19.0.0' && where === OWN_NEAR) await launch(shop, name, where);
      await shop.ec2(where).send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt }));
      await shop.ec2(where).send(new DisableImageCommand({ ImageId }));
    }
  }
  await shop.ec2(SOURCE).send(new DisableImageCommand({ ImageId: shop.id('api/12.0.0') }));
  for (const where of [SOURCE, ...COPIES]) {
    const ImageId = shop.id('api/1.0.0', where);
    await shop.ec2(where).send(new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown: true }));
  }
  const LaunchPermission = { Add: FRIENDS.map((UserId) => ({ UserId })) };
  const shared = { ImageId: shop.id('api/16.0.0', OWN_NEAR), Attribute: 'launchPermission', LaunchPermission };
  await shop.ec2(OWN_NEAR).send(new ModifyImageAttributeCommand(shared));
  // None of ours, though they are named so: somebody's, a trial's, another project's.
  await shop.register(OWN_NEAR, 'acme/api/1.5.0-x86_64', {});
  await shop.register(OWN_NEAR, 'acme/api/1.6.0-x86_64', { [TAG.project]: 'acme', [TAG.run]: 'trial' });
  const theirs = await shop.register(SOURCE, 'other/web/1.0.0-x86_64', { [TAG.sourceAmi]: shop.id('base/7.0.0') });
  await shop.times([theirs], 100);
}

async function refer(shop: PruneShop): Promise<void> {
  await shop.holds('api/2.0.0', 'api/3.0.0');
  await launchTemplate(shop, shop.id('api/4.0.0', THEIR_FAR), shop.id('api/2.0.0', THEIR_FAR));
  await launch(shop, 'api/5.0.0', OWN_NEAR);
  await parameter(shop, THEIR_NEAR, '/somewhere/else', shop.id('api/6.0.0', THEIR_NEAR), 'aws:ec2:image');
  await parameter(shop, THEIR_HOME, '/acme/prod/api', shop.id('api/7.0.0', THEIR_HOME), 'text');
  const stopped = await launch(shop, 'api/8.0.0', SOURCE);
  await shop.ec2(SOURCE).send(new StopInstancesCommand({ InstanceIds: [stopped] }));
  const ended = await launch(shop, 'api/10.0.0', THEIR_NEAR);
  await shop.ec2(THEIR_NEAR).send(new TerminateInstancesCommand({ InstanceIds: [ended] }));
  // Launches are not what these are kept for.
  for (const [name, where] of [
    ['api/5.0.0', OWN_NEAR],
    ['api/8.0.0', SOURCE],
    ['api/10.0.0', THEIR_NEAR],
    ['api/19.0.0', OWN_NEAR],
  ] as const) {
    await shop.times([shop.id(name, where)], 120);
  }
  const pin = { imageId: shop.id('base/8.0.0'), name: 'acme', owner: ACCOUNT, creationDate: '', rootDeviceName: '' };
  const lock = { version: 1, sourceAmis: { 'self:acme': { [HOME]: { x86_64: pin } } } };
  await shop.project.write('bake.lock.json', JSON.stringify(lock));
}

async function launch(shop: PruneShop, name: string, where: Where): Promise<string> {
  const request = { ImageId: shop.id(name, where), InstanceType: 't3.small' as const, MinCount: 1, MaxCount: 1 };
  return (await shop.ec2(where).send(new RunInstancesCommand(request))).Instances?.[0]?.InstanceId ?? '';
}

/** Its first version has the one, eleven later ones the other: more than EC2 looks at by itself. */
async function launchTemplate(shop: PruneShop, old: string, current: string): Promise<void> {
  const ec2 = shop.ec2(THEIR_FAR);
  const LaunchTemplateName = 'theirs';
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: { ImageId: old } }));
  const LaunchTemplateData = { ImageId: current };
  for (let version = 2; version <= 12; version += 1)
    await ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateName, LaunchTemplateData }));
}

async function parameter(shop: PruneShop, where: Where, Name: string, Value: string, DataType: string): Promise<void> {
  const ssm = shop.ssm(where);
  await ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', DataType }));
  const { GetParametersCommand } = await import('@aws-sdk/client-ssm');
  await until(
    async () => (await ssm.send(new GetParametersCommand({ Names: [Name] }))).Parameters?.length === 1,
    10_000,
  );
}
