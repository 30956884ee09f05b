import { parseAmiId } from '../model/ids.ts';
import type { SourceAmiCandidate, SourceAmiLookup, SourceAmis } from '../model/source-ami.ts';
import type { AwsConnection } from './connection.ts';
import { awsError, isAwsError } from './errors.ts';
import { type DescribeImagesCommandInput, type EC2Client, type Image, paginateDescribeImages } from './sdk/ec2.ts';
import { GetParameterCommand, type SSMClient } from './sdk/ssm.ts';

/** Source AMIs in the connection's region. */
export function createSourceAmis(ec2: EC2Client, ssm: SSMClient, connection: AwsConnection): SourceAmis {
  return {
    find: async (lookup) => {
      try {
        const query = await queryFor(lookup, ssm);
        return query === undefined ? [] : (await describe(ec2, query)).flatMap((ami) => candidateOf(ami) ?? []);
      } catch (cause) {
        throw awsError(cause, 'look up a source AMI', connection);
      }
    },
  };
}

async function queryFor(lookup: SourceAmiLookup, ssm: SSMClient): Promise<DescribeImagesCommandInput | undefined> {
  if (lookup.by === 'name') {
    const Filters = [
      { Name: 'name', Values: [lookup.name] },
      { Name: 'architecture', Values: [lookup.architecture] },
    ];
    // Without an owner anybody's AMI of that name would be found.
    return { Owners: [lookup.owner], Filters, IncludeDeprecated: true };
  }
  const id = lookup.by === 'id' ? lookup.id : await parameterValue(ssm, lookup.parameter);
  if (id === undefined) return undefined;
  // Who else may own it is for the one who chooses to compare, who can then say whose it is instead.
  if (lookup.owner !== 'self') return { ImageIds: [id] };
  return { Owners: ['self'], Filters: [{ Name: 'image-id', Values: [id] }], IncludeDeprecated: true };
}

async function parameterValue(ssm: SSMClient, name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value;
  } catch (error) {
    if (isAwsError(error, 'ParameterNotFound', 'ParameterVersionNotFound')) return undefined;
    throw error;
  }
}

async function describe(client: EC2Client, query: DescribeImagesCommandInput): Promise<readonly Image[]> {
  const found: Image[] = [];
  try {
    // EC2 takes no page size together with ids.
    const paging = query.ImageIds === undefined ? { client, pageSize: 1000 } : { client };
    for await (const { Images = [] } of paginateDescribeImages(paging, query)) found.push(...Images);
  } catch (error) {
    if (!isAwsError(error, 'InvalidAMIID.NotFound', 'InvalidAMIID.Malformed', 'InvalidAMIID.Unavailable')) throw error;
  }
  return found;
}

function candidateOf(ami: Image): SourceAmiCandidate | undefined {
  const imageId = parseAmiId(ami.ImageId ?? '');
  if (imageId === undefined) return undefined;
  return {
    imageId,
    name: ami.Name ?? '',
    owner: ami.OwnerId ?? '',
    ownerAlias: ami.ImageOwnerAlias,
    creationDate: ami.CreationDate ?? '',
    architecture: ami.Architecture ?? '',
    rootDeviceName: ami.RootDeviceName ?? '',
    devices: (ami.BlockDeviceMappings ?? []).flatMap(({ DeviceName }) => DeviceName ?? []),
    rootDeviceType: ami.RootDeviceType ?? '',
    virtualizationType: ami.VirtualizationType ?? '',
    state: ami.State ?? '',
    deprecationTime: ami.DeprecationTime,
  };
}
