import { bakedVolumes, keptOffBuilder, type Volume } from '../model/volume.ts';
import type { Instances, LaunchRequest } from '../run/try-effects.ts';
import type { AwsConnection } from './connection.ts';
import { attempting, instanceProfileNotFound, isAwsError, isProfileMissing } from './errors.ts';
import {
  type BlockDeviceMapping,
  DescribeInstancesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  type Instance,
  RebootInstancesCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from './sdk/ec2.ts';
import { tagSpecifications } from './tags.ts';

export function createInstances(client: EC2Client, connection: AwsConnection): Instances {
  const attempt = attempting(connection);
  return {
    launch: (request) =>
      attempt('launch an instance', async () => {
        try {
          const { Instances = [] } = await client.send(new RunInstancesCommand(launchInput(request)));
          return Instances.flatMap(({ InstanceId }) => InstanceId ?? []);
        } catch (error) {
          const { instanceProfile } = request;
          if (instanceProfile === undefined || !isProfileMissing(error)) throw error;
          throw instanceProfileNotFound(instanceProfile, connection, error);
        }
      }),

    describe: (instanceIds) =>
      attempt('describe instances', async () => {
        // A filter, since a list of ids is an error as a whole while one of them is not known everywhere yet.
        const Filters = [{ Name: 'instance-id', Values: [...instanceIds] }];
        const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }));
        return Reservations.flatMap(({ Instances = [] }) => Instances.flatMap(stateOf));
      }),

    console: (instanceId) =>
      attempt('read the console of an instance', async () => {
        try {
          return await readConsole(client, instanceId, true);
        } catch (error) {
          // Only instances on the Nitro system answer with what is there now.
          if (isAwsError(error, 'UnsupportedOperation', 'InvalidParameterCombination', 'InvalidParameterValue'))
            return readConsole(client, instanceId, false);
          throw error;
        }
      }),

    reboot: (instanceId) =>
      attempt('reboot an instance', async () => {
        await client.send(new RebootInstancesCommand({ InstanceIds: [instanceId] }));
      }),

    terminate: (instanceId) =>
      attempt('terminate an instance', async () => {
        try {
          await client.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
        } catch (error) {
          if (!isAwsError(error, 'InvalidInstanceID.NotFound')) throw error;
        }
      }),
  };
}

async function readConsole(client: EC2Client, InstanceId: string, Latest: boolean): Promise<string> {
  const { Output = '' } = await client.send(new GetConsoleOutputCommand({ InstanceId, Latest }));
  return Buffer.from(Output, 'base64').toString('utf8');
}

function launchInput(request: LaunchRequest): RunInstancesCommandInput {
  const { build, architecture, count, tags, userData, instanceProfile } = request;
  const { subnets, publicAddress } = build.network;
  const [subnet] = subnets;
  const group = request.securityGroup;
  const devices = blockDevices(request.volumes);
  return {
    ImageId: request.imageId,
    InstanceType: build.instanceTypes[architecture][0] as RunInstancesCommandInput['InstanceType'],
    MinCount: count,
    MaxCount: count,
    KeyName: request.keyPair,
    ClientToken: request.clientToken,
    // A machine that powers itself off must not stay as a stopped one that nobody knows.
    InstanceInitiatedShutdownBehavior: 'terminate',
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
    TagSpecifications: tagSpecifications(tags, 'instance', 'volume', 'network-interface'),
    ...(subnet === undefined
      ? { SecurityGroupIds: [group] }
      : {
          NetworkInterfaces: [
            { DeviceIndex: 0, SubnetId: subnet, Groups: [group], AssociatePublicIpAddress: publicAddress },
          ],
        }),
    ...(devices.length === 0 ? {} : { BlockDeviceMappings: devices }),
    ...(instanceProfile === undefined ? {} : { IamInstanceProfile: { Name: instanceProfile } }),
    ...(userData === undefined ? {} : { UserData: userData.toString('base64') }),
  };
}

/** As Packer's template asks for them. */
function blockDevices(volumes: readonly Volume[] = []): BlockDeviceMapping[] {
  return [
    ...keptOffBuilder(volumes).map(({ device }) => ({ DeviceName: device, NoDevice: '' })),
    ...bakedVolumes(volumes).map((volume) => ({
      DeviceName: volume.device,
      Ebs: {
        VolumeType: volume.type,
        VolumeSize: volume.sizeGiB,
        Iops: volume.iops,
        Throughput: volume.throughput,
        Encrypted: volume.encrypted,
        KmsKeyId: volume.kmsKey,
        SnapshotId: volume.startsFrom,
        DeleteOnTermination: true,
      },
    })),
  ];
}

function stateOf({ InstanceId, State, PublicIpAddress, PrivateIpAddress, StateReason }: Instance) {
  if (InstanceId === undefined) return [];
  const address = PublicIpAddress || PrivateIpAddress;
  return [{ instanceId: InstanceId, state: State?.Name ?? 'pending', address, reason: StateReason?.Message }];
}
