export {
  DeleteParameterCommand,
  GetParameterCommand,
  type Parameter,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
