export {
  CreateGrantCommand,
  DescribeKeyCommand,
  type GrantListEntry,
  type GrantOperation,
  KMSClient,
  paginateListGrants,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
