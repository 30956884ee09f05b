import { DescribeImagesCommand, type DescribeImagesCommandInput, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { paginateDescribeImages } from '@aws-sdk/client-ec2';
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { type AmiId, parseAmiId } from '../model/ids.ts';
import type { SourceAmiCandidate, SourceAmiLookup, SourceAmis, SourceOwner } from '../model/source-ami.ts';
import type { AwsConnection } from './connection.ts';
import { awsError, isAwsError } from './errors.ts';
