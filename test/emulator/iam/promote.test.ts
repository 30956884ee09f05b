import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Document, IamLab, type PolicyOutput, policiesFor, withoutOne } from '../../helpers/iam-lab.ts';
import { COPIER, ONE_OF_EACH, PromotionLab } from '../../helpers/promotion-lab.ts';
import type { AwsKeys } from '../../helpers/sandbox-server.ts';

/** One promotion for each statement. */
vi.setConfig({ testTimeout: 900_000 });

let lab: PromotionLab;
let iam: IamLab;
let own: Document;
let theirs: PolicyOutput['roles'][number];
beforeAll(async () => {
  lab = await PromotionLab.start(ONE_OF_EACH);
  iam = new IamLab(lab.server);
  const { roles } = await policiesFor(lab.project, 'promote');
  own = roles.find(({ account }) => account !== COPIER)?.policy ?? { Statement: [] };
  theirs = roles.find(({ account }) => account === COPIER) ?? { name: '', account: '', policy: { Statement: [] } };
  await lab.renew();
});
afterAll(() => lab[Symbol.asyncDispose]());

/** A version, with the role of the other account allowed that. */
async function promoted(policy: Document, role: Document) {
  await iam.role(theirs.name, theirs.trust ?? {}, role, await lab.server.keysOf(COPIER));
  const { version } = await lab.bakeNext();
  const as = ({ accessKeyId, secretAccessKey }: AwsKeys) => ({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
  return iam.judge(policy, (keys) => lab.promote(version, as(keys)).ended);
}

it('allows everything that a promotion does, in both accounts', async () => {
  for (const _ of ['first', 'second']) {
    const { result, denied } = await promoted(own, theirs.policy);
    expect({ code: result.code, denied }, result.stdout).toEqual({ code: 0, denied: [] });
  }
});

/** What the first promotion of a channel alone does. */
const AT_FIRST = ['MakeLaunchTemplates', 'TagLaunchTemplates', 'LookIntoState'];
/** Nothing is encrypted here. */
const OF_KEYS = ['LookAtKeys'];

it('has no statement that a promotion could do without', async () => {
  const enough: string[] = [];
  const trial = async (where: string, name: string, policy: Document, role: Document) => {
    if (AT_FIRST.includes(name)) await lab.renew();
    // There has to be a template to move.
    if (name === 'MoveLaunchTemplates') await promoted(own, theirs.policy);
    const { denied } = await promoted(policy, role);
    if (denied.length === 0) enough.push(`${where}: ${name}`);
  };
  for (const [name, less] of withoutOne(own)) await trial('own', name, less, theirs.policy);
  for (const [name, less] of withoutOne(theirs.policy)) await trial('theirs', name, own, less);
  expect(own.Statement.length).toBeGreaterThan(10);
  expect(enough).toEqual(OF_KEYS.flatMap((name) => [`own: ${name}`, `theirs: ${name}`]));
});
