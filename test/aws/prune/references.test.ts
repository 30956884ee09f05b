import { describe, expect, it } from 'vitest';
import { findReferences, lookForReferences } from '../../../src/aws/prune/references.ts';
import { ami, at, HOME, OWN } from '../../helpers/promotion.ts';
import { awsFailure, scriptedEc2 } from '../../helpers/scripted-ec2.ts';

const site = at(OWN, HOME);
const where = `${OWN}/${HOME}`;
const fails = (name: string) => () => {
  throw awsFailure(name);
};

/** A list in two pages, of which the second may fail. */
const paged =
  (key: string, pages: readonly (readonly object[])[], second?: () => never) => (input: Record<string, unknown>) => {
    const page = Number(input.NextToken ?? 0);
    if (page === 1) second?.();
    return { [key]: pages[page], ...(page + 1 < pages.length ? { NextToken: `${page + 1}` } : {}) };
  };

describe('what refers to an AMI', () => {
  const listed = [
    [{ ImageId: ami(1), ResourceType: 'ec2:Instance', Arn: 'arn:1' }],
    [{ ImageId: ami(1), ResourceType: 'imagebuilder:ImageRecipe', Arn: 'arn:2' }],
  ];

  it('is what EC2 lists, on all pages, in all versions of launch templates, for living instances', async () => {
    const { client, calls } = scriptedEc2({ DescribeImageReferences: paged('ImageReferences', listed) });
    expect(await findReferences({ site, ec2: client }, [ami(1)])).toEqual([
      { imageId: ami(1), kind: 'instance', name: 'arn:1', where },
      { imageId: ami(1), kind: 'imagebuilder:ImageRecipe', name: 'arn:2', where },
    ]);
    const options = JSON.stringify(calls[0]?.input.ResourceTypes);
    expect(options).toContain('"version-depth","OptionValues":["10000"]');
    expect(options).toContain('"stopped"');
    expect(options).not.toContain('"terminated"');
    expect(calls).toHaveLength(2);
  });

  it.each(['UnauthorizedOperation', 'InternalError', 'RequestLimitExceeded'])(
    'is not known after %s of any page',
    async (name) => {
      const answers = { DescribeImageReferences: paged('ImageReferences', listed, fails(name)) };
      await expect(findReferences({ site, ec2: scriptedEc2(answers).client }, [ami(1)])).rejects.toMatchObject({
        name,
      });
    },
  );

  it('is asked for a hundred AMIs at a time', async () => {
    const { client, calls } = scriptedEc2();
    await findReferences(
      { site, ec2: client },
      Array.from({ length: 250 }, (_, number) => ami(number)),
    );
    expect(calls.map(({ input }) => (input.ImageIds as string[]).length)).toEqual([100, 100, 50]);
  });

  const instances = [[{ Instances: [{ ImageId: ami(1), InstanceId: 'i-1' }] }], [{ Instances: [] }]];
  const templates = [[{ LaunchTemplateId: 'lt-1' }], [{ LaunchTemplateId: 'lt-2' }]];
  const version = (ImageId: string, VersionNumber: number) => ({
    LaunchTemplateName: 'web',
    VersionNumber,
    LaunchTemplateData: { ImageId },
  });
  const versions = [[version(ami(2), 3)], [version(ami(1), 2), version('resolve:ssm:/x', 1)]];
  const answers = {
    DescribeImageReferences: fails('InvalidAction'),
    DescribeInstances: paged('Reservations', instances),
    DescribeLaunchTemplates: paged('LaunchTemplates', templates),
    DescribeLaunchTemplateVersions: (input: Record<string, unknown>) =>
      input.LaunchTemplateId === 'lt-1'
        ? paged('LaunchTemplateVersions', versions)(input)
        : fails('InvalidLaunchTemplateId.NotFound')(),
  };

  it('is looked for where EC2 has no list: instances, and every version of every template', async () => {
    const found = [
      { imageId: ami(1), kind: 'instance', name: 'i-1', where },
      { imageId: ami(1), kind: 'launch template', name: 'web version 2', where },
    ];
    const { client, calls } = scriptedEc2(answers);
    expect(await findReferences({ site, ec2: client }, [ami(1)])).toEqual(found);
    // Of AMIs that another account shares, EC2's list is not asked.
    const looked = calls.length;
    expect(await lookForReferences({ site, ec2: client }, [ami(1)])).toEqual(found);
    expect(calls.slice(looked).map(({ action }) => action)).not.toContain('DescribeImageReferences');
  });

  it.each([
    ['DescribeInstances', paged('Reservations', instances, fails('UnauthorizedOperation'))],
    ['DescribeLaunchTemplates', paged('LaunchTemplates', templates, fails('UnauthorizedOperation'))],
    ['DescribeLaunchTemplateVersions', paged('LaunchTemplateVersions', versions, fails('UnauthorizedOperation'))],
  ])('is not known either when a page of %s fails', async (action, answer) => {
    const { client } = scriptedEc2({ ...answers, [action]: answer });
    await expect(findReferences({ site, ec2: client }, [ami(1)])).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
    });
  });
});
