import { expect, it } from 'vitest';
import { writeTemplate } from '../../../src/aws/promotion/launch-templates.ts';
import { amiId } from '../../helpers/builders.ts';
import { awsFailure, scriptedEc2 } from '../../helpers/scripted-ec2.ts';

const CHANGE = { imageId: amiId(2), userData: Buffer.from('new'), clientToken: 'f00d', tags: {} };

const version = (VersionNumber: number, DefaultVersion: boolean) => ({
  LaunchTemplateId: 'lt-1',
  VersionNumber,
  DefaultVersion,
  LaunchTemplateData: { ImageId: amiId(1), InstanceType: 't3.small' },
});

/** A template whose default is this version. */
function template(defaultVersion: number, latest = defaultVersion) {
  return scriptedEc2({
    DescribeLaunchTemplateVersions: () => ({
      LaunchTemplateVersions: [version(defaultVersion, true), version(latest, latest === defaultVersion)],
    }),
    CreateLaunchTemplateVersion: () => ({ LaunchTemplateVersion: { VersionNumber: latest + 1 } }),
  });
}

it('takes everything else over from the default version, and not from the newest', async () => {
  const { client, calls } = template(3, 5);
  await writeTemplate(client, 'api', CHANGE);
  expect(calls.slice(1)).toMatchObject([
    {
      action: 'CreateLaunchTemplateVersion',
      input: {
        SourceVersion: '3',
        LaunchTemplateData: { ImageId: amiId(2), UserData: Buffer.from('new').toString('base64') },
      },
    },
    { action: 'ModifyLaunchTemplate', input: { LaunchTemplateName: 'api', DefaultVersion: '6' } },
  ]);
  expect(calls[1]?.input.LaunchTemplateData).not.toHaveProperty('IamInstanceProfile');
});

it('has one token for one change of one version', async () => {
  const tokenOf = async (defaultVersion: number, clientToken: string) => {
    const { client, calls } = template(defaultVersion);
    await writeTemplate(client, 'api', { ...CHANGE, clientToken });
    return calls[1]?.input.ClientToken;
  };
  expect(await tokenOf(3, 'f00d')).toBe(await tokenOf(3, 'f00d'));
  expect(new Set([await tokenOf(3, 'f00d'), await tokenOf(4, 'f00d'), await tokenOf(3, 'cafe')]).size).toBe(3);
});

it('changes a template that somebody else makes at the same time', async () => {
  let made = false;
  const { client, calls } = scriptedEc2({
    DescribeLaunchTemplateVersions: () => {
      if (!made) throw awsFailure('InvalidLaunchTemplateName.NotFoundException');
      return { LaunchTemplateVersions: [version(1, true)] };
    },
    CreateLaunchTemplate: () => {
      made = true;
      throw awsFailure('InvalidLaunchTemplateName.AlreadyExistsException');
    },
    CreateLaunchTemplateVersion: () => ({ LaunchTemplateVersion: { VersionNumber: 2 } }),
  });
  await writeTemplate(client, 'api', CHANGE);
  expect(calls.at(-1)).toEqual({
    action: 'ModifyLaunchTemplate',
    input: { LaunchTemplateName: 'api', DefaultVersion: '2' },
  });
});
