import { createHash } from 'node:crypto';
import type { PointerState } from '../../model/promotion.ts';
import type { TemplateChange } from '../../run/promote-effects.ts';
import { isAwsError } from '../errors.ts';
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type LaunchTemplateVersion,
  ModifyLaunchTemplateCommand,
} from '../sdk/ec2.ts';
import { tagSpecifications } from '../tags.ts';

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

export async function readTemplate(client: EC2Client, name: string): Promise<PointerState | undefined> {
  const found = await describe(client, name, ['$Default']);
  const version = found?.find(({ DefaultVersion }) => DefaultVersion);
  if (version === undefined) return undefined;
  const { ImageId = '', UserData = '' } = version.LaunchTemplateData ?? {};
  return {
    imageId: ImageId,
    version: version.VersionNumber ?? 0,
    // None is as good as an empty one.
    userData: sha256(Buffer.from(UserData, 'base64')),
  };
}

export async function writeTemplate(client: EC2Client, name: string, change: TemplateChange): Promise<void> {
  const versions = await describe(client, name, ['$Default', '$Latest']);
  if (versions === undefined && (await create(client, name, change))) return;
  const found = versions ?? (await describe(client, name, ['$Default', '$Latest'])) ?? [];
  const base = found.find(({ DefaultVersion }) => DefaultVersion);
  if (base === undefined) throw new Error(`launch template ${name} has no default version`);
  if (says(base, change)) return;
  const token = tokenOf(change, base);
  // Made by a run that ended before it was the default. EC2 forgets client tokens; a description stays.
  const ours = found.find((version) => version.VersionDescription === descriptionOf(token) && says(version, change));
  await defaultTemplate(client, name, ours?.VersionNumber ?? (await addVersion(client, name, change, base, token)));
}

export async function defaultTemplate(client: EC2Client, name: string, version: number): Promise<void> {
  const change = { LaunchTemplateName: name, DefaultVersion: `${version}` };
  await client.send(new ModifyLaunchTemplateCommand(change));
}

export async function removeTemplate(client: EC2Client, name: string): Promise<void> {
  if ((await readTemplate(client, name)) === undefined) return;
  try {
    await client.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: name }));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** A token that was used for another default version would bring back what has been changed in the template since. */
const tokenOf = ({ clientToken }: TemplateChange, base: LaunchTemplateVersion): string =>
  sha256(`${clientToken} ${base.LaunchTemplateId} ${base.VersionNumber}`);

const descriptionOf = (token: string): string => `bake ${token}`;

/** False when somebody else has made it meanwhile. By its name it is made once, so that it needs no token of ours. */
async function create(client: EC2Client, name: string, change: TemplateChange): Promise<boolean> {
  const command = new CreateLaunchTemplateCommand({
    LaunchTemplateName: name,
    LaunchTemplateData: dataOf(change),
    TagSpecifications: tagSpecifications(change.tags, 'launch-template'),
  });
  try {
    await client.send(command);
    return true;
  } catch (error) {
    if (isAwsError(error, 'InvalidLaunchTemplateName.AlreadyExistsException')) return false;
    throw error;
  }
}

async function addVersion(
  client: EC2Client,
  name: string,
  change: TemplateChange,
  base: LaunchTemplateVersion,
  token: string,
): Promise<number> {
  const command = new CreateLaunchTemplateVersionCommand({
    LaunchTemplateName: name,
    SourceVersion: `${base.VersionNumber}`,
    ClientToken: token,
    VersionDescription: descriptionOf(token),
    LaunchTemplateData: dataOf(change),
  });
  const { LaunchTemplateVersion: made } = await client.send(command);
  if (made?.VersionNumber === undefined) throw new Error('CreateLaunchTemplateVersion answered without a version');
  return made.VersionNumber;
}

function dataOf({ imageId, userData, instanceProfile }: TemplateChange) {
  return {
    ImageId: imageId,
    UserData: userData.toString('base64'),
    ...(instanceProfile === undefined ? {} : { IamInstanceProfile: profileOf(instanceProfile) }),
  };
}

const profileOf = (profile: string) => (profile.startsWith('arn:') ? { Arn: profile } : { Name: profile });

/** Whether a version has everything that is to be changed. */
function says({ LaunchTemplateData = {} }: LaunchTemplateVersion, change: TemplateChange): boolean {
  const { ImageId, UserData = '', IamInstanceProfile: profile } = LaunchTemplateData;
  const hasProfile =
    change.instanceProfile === undefined || [profile?.Arn, profile?.Name].includes(change.instanceProfile);
  return ImageId === change.imageId && Buffer.from(UserData, 'base64').equals(change.userData) && hasProfile;
}

async function describe(
  client: EC2Client,
  name: string,
  versions: readonly string[],
): Promise<readonly LaunchTemplateVersion[] | undefined> {
  try {
    const query = { LaunchTemplateName: name, Versions: [...versions] };
    const { LaunchTemplateVersions = [] } = await client.send(new DescribeLaunchTemplateVersionsCommand(query));
    return LaunchTemplateVersions;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown): boolean => isAwsError(error, 'InvalidLaunchTemplateName.NotFoundException');
