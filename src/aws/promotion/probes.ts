import { targetId } from '../../model/channel.ts';
import type { SiteCheck, SiteQuestions } from '../../run/preflight-effects.ts';
import { awsError, isAwsError } from '../errors.ts';
import {
  CopyImageCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  type EC2Client,
  EnableImageDeprecationCommand,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
} from '../sdk/ec2.ts';
import type { SiteClients } from '../sites.ts';
import { tagSpecifications } from '../tags.ts';
import { readTemplate } from './launch-templates.ts';
import { ok, refused, unchecked } from './site-check.ts';

/** EC2 says of a call with DryRun whether it would be allowed, and does not do it. */
const DRY = { DryRun: true } as const;
const NOTHING_TO_TRY_ON = 'there is no image yet that it could be tried on';
const NOT_SHARED_YET = 'the account may see the image only for the time of the copy';
const YEAR = 365 * 24 * 60 * 60 * 1000;

type Clients = Pick<SiteClients, 'site' | 'connection' | 'ec2'>;

/** Whether the credentials may do what the questions name. */
export function tryCalls(clients: Clients, questions: SiteQuestions, now: () => number): Promise<readonly SiteCheck[]> {
  const { copies, shares, deprecates, launchTemplates } = questions;
  return Promise.all([
    ...(copies === undefined ? [] : [tryCopy(clients, copies)]),
    tryChange(clients, questions, 'CreateTags', (client, { imageId }) =>
      client.send(new CreateTagsCommand({ ...DRY, Resources: [imageId], Tags: [{ Key: 'Name', Value: '' }] })),
    ),
    ...(shares === 'no' ? [] : trySharing(clients, questions)),
    ...(deprecates
      ? [
          tryChange(clients, questions, 'EnableImageDeprecation', (client, { imageId: ImageId }) => {
            const DeprecateAt = new Date(now() + YEAR);
            return client.send(new EnableImageDeprecationCommand({ ...DRY, ImageId, DeprecateAt }));
          }),
        ]
      : []),
    ...launchTemplates.map((name) => tryTemplate(clients, name)),
  ]);
}

async function tryCopy(clients: Clients, { source, region }: NonNullable<SiteQuestions['copies']>): Promise<SiteCheck> {
  const request = { ...DRY, SourceImageId: source, SourceRegion: region, Name: `bake/preflight/${source}` };
  const check = await tryCall(clients, 'CopyImage', (client) => client.send(new CopyImageCommand(request)));
  // Another account may copy it from the grant on.
  return check.detail.startsWith('InvalidAMIID.NotFound') ? unchecked(check.check, NOT_SHARED_YET) : check;
}

function trySharing(clients: Clients, questions: SiteQuestions): readonly Promise<SiteCheck>[] {
  const { account } = clients.site;
  return [
    tryChange(clients, questions, 'ModifyImageAttribute', (client, { imageId: ImageId }) => {
      const LaunchPermission = { Add: [{ UserId: account }] };
      return client.send(new ModifyImageAttributeCommand({ ...DRY, ImageId, LaunchPermission }));
    }),
    tryChange(clients, questions, 'ModifySnapshotAttribute', (client, { snapshotId: SnapshotId }) => {
      const change = { OperationType: 'add' as const, UserIds: [account] };
      const Attribute = 'createVolumePermission' as const;
      return client.send(new ModifySnapshotAttributeCommand({ ...DRY, SnapshotId, Attribute, ...change }));
    }),
  ];
}

/** Not by a version of one that is not there: nobody would know whether it may be changed, as its tags say that. */
function tryTemplate(clients: Clients, { name, tags }: SiteQuestions['launchTemplates'][number]): Promise<SiteCheck> {
  const request = { ...DRY, LaunchTemplateName: name, LaunchTemplateData: { InstanceType: 't3.small' as const } };
  return tryCall(clients, 'CreateLaunchTemplateVersion', async (client) => {
    if ((await readTemplate(client, name)) !== undefined)
      return client.send(new CreateLaunchTemplateVersionCommand(request));
    const TagSpecifications = tagSpecifications(tags, 'launch-template');
    return client.send(new CreateLaunchTemplateCommand({ ...request, TagSpecifications }));
  });
}

type Present = NonNullable<SiteQuestions['present']>;

function tryChange(
  clients: Clients,
  { present }: SiteQuestions,
  action: string,
  call: (client: EC2Client, present: Present) => Promise<unknown>,
): Promise<SiteCheck> {
  if (present === undefined) return Promise.resolve(unchecked(`ec2:${action}`, NOTHING_TO_TRY_ON));
  return tryCall(clients, action, (client) => call(client, present));
}

async function tryCall(
  { site, ec2, connection }: Clients,
  action: string,
  call: (client: EC2Client) => Promise<unknown>,
): Promise<SiteCheck> {
  const check = `ec2:${action}`;
  try {
    await call(ec2);
    return unchecked(check, 'EC2 did not take it for a trial');
  } catch (error) {
    if (isAwsError(error, 'DryRunOperation')) return ok(check, 'allowed');
    const told = awsError(error, `find out whether ${check} is allowed`, { ...connection, region: targetId(site) });
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (told.code === 'access-denied') return refused(check, detail);
    // It did not come to the question of permission: for example, what is to be copied is not shared with the account yet.
    if (isAnswer(error) && told.code === 'aws-call-failed') return unchecked(check, detail);
    throw told;
  }
}

function isAnswer(error: unknown): boolean {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}
