import {
  arn,
  DOMAIN,
  END,
  LABELS,
  LABELS_AFTER,
  oneOf,
  REGION,
  REGION_LABEL,
  REST,
  resourceId,
  serviceHost,
  settingOf,
} from './forms.ts';
import type { NeutralRow, NeutralRule } from './row.ts';

const row = (id: NeutralRule, what: string, key: string, pattern: string, source: string): NeutralRow => ({
  id,
  what,
  key,
  pattern,
  source,
});

const ARN = 'AWS General Reference, ARN format: arn:partition:service:region:account-id:resource';
const ENDPOINTS = 'botocore endpoint rule sets of the service';

const ARN_ROWS: readonly NeutralRow[] = [
  ['rds', 'a database', 'database.arn'],
  ['(?:elasticache|memorydb|dax)', 'a cache', 'cache.arn'],
  ['secretsmanager', 'a secret', 'secrets.arn'],
  ['ssm', 'a parameter', 'parameters.arn'],
  ['kms', 'a key', 'kms.key'],
  ['sns', 'a topic', 'topic.arn'],
  ['sqs', 'a queue', 'queue.arn'],
  ['(?:kinesis|firehose)', 'a stream', 'stream.arn'],
  ['dynamodb', 'a table', 'table.arn'],
  ['lambda', 'a function', 'function.arn'],
  ['(?:iam|sts)', 'an identity', 'role.arn'],
  ['acm', 'a certificate', 'certificate.arn'],
  ['elasticloadbalancing', 'a load balancer', 'upstream.arn'],
  ['[a-z0-9-]+', 'a resource', 'resource.arn'],
].map(([service = '', what = '', key = '']) =>
  row('region-arn', `the ARN of ${what} in one region or account`, key, arn(service), ARN),
);

/** Of a bucket's name, which has at most 63 characters, before the region. */
const BUCKET_START = '(?:[a-z0-9.-]{0,61}[.-])?';

const BUCKET_ROWS: readonly NeutralRow[] = [
  row(
    'region-bucket',
    'a bucket by the endpoint of one region',
    'bucket.url',
    `${LABELS}(?:s3-website-|s3-|s3express-[a-z0-9-]{1,20}\\.|(?:s3|s3-fips|s3-website|s3-accesspoint|s3-control|s3-object-lambda)\\.(?:dualstack\\.)?)${REGION}\\.${DOMAIN}(?:/${REST})?`,
    'S3 user guide, virtual hosting of buckets: s3.<region>, and s3-<region> and s3-website-<region> of older regions',
  ),
  row(
    'region-bucket',
    'a bucket with a region in its name',
    'bucket.name',
    `(?:s3[an]?://|arn:aws(?:-[a-z]+)*:s3:::)${BUCKET_START}${REGION}(?![0-9])${REST}`,
    'bucket names are global within a partition, so buckets of one purpose carry their region in the name',
  ),
  row(
    'region-bucket',
    'a bucket with a region in its name',
    'bucket.url',
    `${LABELS}(?:s3|s3-external-1|s3-accelerate)\\.(?:dualstack\\.)?${DOMAIN}/${BUCKET_START}${REGION}(?![0-9])${REST}`,
    'S3 user guide, path-style requests: s3.amazonaws.com/<bucket>/<key>',
  ),
  row(
    'region-bucket',
    'a bucket with a region in its name',
    'bucket.name',
    settingOf('bucket', `${BUCKET_START}${REGION}(?![0-9])[a-z0-9.-]*`),
    'bucket names are global within a partition, so buckets of one purpose carry their region in the name',
  ),
];

const endpoint = (what: string, key: string, pattern: string, source: string) =>
  row('region-endpoint', `the endpoint of ${what} in one region`, key, pattern, source);

const ENDPOINT_ROWS: readonly NeutralRow[] = [
  endpoint(
    'a database',
    'database.host',
    serviceHost('rds', 'docdb', 'neptune'),
    'RDS: <name>.<id>.<region>.rds; China: rds.<region>',
  ),
  endpoint(
    'a database',
    'database.host',
    `${LABELS}dsql\\.${REGION}\\.${DOMAIN}`,
    'Aurora DSQL: <id>.dsql.<region>.on.aws',
  ),
  endpoint(
    'a warehouse',
    'warehouse.host',
    serviceHost('redshift', 'redshift-serverless'),
    'Redshift: <name>.<id>.<region>.redshift',
  ),
  endpoint(
    'a cache',
    'cache.host',
    `${LABELS}[a-z]{2,4}[a-z]{0,2}[0-9]\\.cache\\.${DOMAIN}`,
    'ElastiCache: <name>.<id>.0001.use1.cache, with the short name of the region',
  ),
  endpoint(
    'a cache',
    'cache.host',
    `${LABELS}${oneOf('memorydb', 'dax-clusters')}\\.${REGION}\\.${DOMAIN}`,
    'MemoryDB and DAX',
  ),
  endpoint(
    'a search domain',
    'search.endpoint',
    `${LABELS}(?:${REGION}\\.${oneOf('es', 'aoss', 'cloudsearch')}|${oneOf('es', 'aos')}\\.${REGION})\\.${DOMAIN}`,
    'OpenSearch: search-<domain>-<id>.<region>.es, <id>.<region>.aoss, aos.<region>.on.aws',
  ),
  endpoint(
    'a file system',
    'files.host',
    `${LABELS}${oneOf('efs', 'fsx')}\\.${REGION}\\.${DOMAIN}`,
    'EFS: fs-<id>.efs.<region>; FSx alike',
  ),
  endpoint(
    'a broker',
    'broker.hosts',
    `${LABELS}${oneOf('kafka', 'kafka-serverless', 'mq')}\\.${REGION}\\.${DOMAIN}(?::[0-9]+)?`,
    'MSK: b-1.<name>.<id>.c2.kafka.<region>; Amazon MQ: b-<id>-1.mq.<region>',
  ),
  endpoint(
    'a queue',
    'queue.url',
    `${LABELS}(?:sqs(?:-fips)?\\.${REGION}|${REGION}\\.queue)\\.${DOMAIN}(?:/${REST})?`,
    'SQS: sqs.<region>, and the older <region>.queue',
  ),
  endpoint(
    'a load balancer',
    'upstream.host',
    `${LABELS}(?:${REGION}\\.elb|elb\\.${REGION})\\.${DOMAIN}`,
    'ELB: <name>-<id>.<region>.elb; NLB: elb.<region>',
  ),
  endpoint(
    'an API',
    'api.url',
    `${LABELS}${oneOf('execute-api', 'lambda-url', 'appsync-api')}\\.${REGION}\\.${DOMAIN}`,
    'API Gateway, Lambda function URLs, AppSync',
  ),
  endpoint(
    'a registry',
    'registry.host',
    `${LABELS}dkr[.-]ecr(?:-fips)?\\.${REGION}\\.${DOMAIN}`,
    'ECR: <account>.dkr.ecr.<region>, dkr-ecr.<region>.on.aws',
  ),
  endpoint('a cluster', 'cluster.endpoint', `${LABELS}${REGION}\\.eks\\.${DOMAIN}`, 'EKS: <id>.gr7.<region>.eks'),
  endpoint(
    'a VPC endpoint',
    'endpoint.host',
    `${LABELS}${REGION}\\.vpce\\.${DOMAIN}`,
    'VPC endpoints: vpce-<id>.<service>.<region>.vpce',
  ),
  row(
    'region-host',
    'the name of one instance',
    'peer.host',
    `${LABELS}(?:${REGION}\\.compute\\.(?:internal${END}|${DOMAIN})|compute-1\\.amazonaws\\.com${END}|[a-z0-9-]{1,63}\\.ec2\\.internal${END})`,
    'EC2 user guide, instance hostname types: ip-….<region>.compute.internal, in us-east-1 ec2.internal and compute-1',
  ),
  endpoint('an AWS service', 'aws.endpoint', `${LABELS}${REGION_LABEL}${LABELS_AFTER}\\.${DOMAIN}`, ENDPOINTS),
];

/** What has dots and is no host. */
const FILE_END =
  '(?!(?:json|ya?ml|toml|ini|conf|cfg|properties|env|xml|html?|txt|log|csv|md|sh|py|js|hbs|j2|tmpl|tpl|tar|gz|xz|bz2|zst|zip|deb|rpm|jar|pem|crt|key|service|timer|socket|target|mount|path|d)(?![a-z0-9-]))';

const HOST_ROWS: readonly NeutralRow[] = [
  `(?<=://)(?:[a-z0-9_-]{1,63}\\.){0,8}${REGION_LABEL}${LABELS_AFTER}${END}`,
  `(?<=@)(?:[a-z0-9_-]{1,63}\\.){0,8}${REGION_LABEL}${LABELS_AFTER}\\.${FILE_END}[a-z]{2,}${END}`,
  `${LABELS}${REGION_LABEL}(?:\\.[a-z0-9-]{1,63}){1,6}\\.${FILE_END}[a-z]{2,}${END}`,
  `${LABELS}${REGION_LABEL}${LABELS_AFTER}\\.[a-z]{2,}:[0-9]{2,5}(?![0-9])`,
].map((pattern) =>
  row(
    'region-host',
    'a host of one region',
    'service.host',
    pattern,
    'names of one’s own with a region in them: db.us-east-1.acme.internal',
  ),
);

const IDS = 'EC2 user guide, resource ids: a prefix and 8 or 17 hexadecimal digits';
const ID_ROWS: readonly NeutralRow[] = [
  ['ami', 'an AMI', 'image.id'],
  ['subnet', 'a subnet', 'network.subnet'],
  ['sg', 'a security group', 'network.securityGroup'],
  ['vpc', 'a VPC', 'network.vpc'],
  ['snap', 'a snapshot', 'snapshot.id'],
  ['vol', 'a volume', 'volume.id'],
  ['eni', 'a network interface', 'network.interface'],
  ['eipalloc', 'an address', 'network.address'],
  ['vpce', 'a VPC endpoint', 'network.endpoint'],
  ['(?:rtb|igw|nat|acl|tgw|pcx|pl)', 'a part of a network', 'network.id'],
  ['(?:fs|fsap|fsmt)', 'a file system', 'files.id'],
  ['lt', 'a launch template', 'launchTemplate.id'],
  ['i', 'an instance', 'instance.id'],
].map(([prefix = '', what = '', key = '']) =>
  row('region-id', `the id of ${what}, which one region has`, key, resourceId(prefix), IDS),
);

const ZONE_ROWS: readonly NeutralRow[] = [
  row(
    'region-zone',
    'a zone of one region',
    'placement.zone',
    `(?<![a-z0-9_-])${REGION}(?:-(?:[a-z]{3}|wl[0-9]-[a-z]{3}-wlz)-?[0-9])?[a-f](?![a-z0-9_-])`,
    'EC2 user guide, zones: us-east-1a; local zones us-west-2-lax-1a',
  ),
  row(
    'region-zone',
    'a zone of one region',
    'placement.zone',
    '(?<![a-z0-9_-])(?:af|ap|ca|cn|eu|il|me|mx|sa|us)[a-z]{1,3}[0-9]-az[1-9](?![a-z0-9_-])',
    'EC2 user guide, zone ids: use1-az1',
  ),
];

const SETTING = 'AWS_REGION, AWS_DEFAULT_REGION, --region and `region =` of AWS’s SDKs and CLI';
const SETTING_ROWS: readonly NeutralRow[] = [
  row(
    'region-setting',
    'the name of one region',
    'region',
    `(?<![a-z0-9-])--[a-z0-9-]*region[ =]+["']?${REGION}${END}`,
    SETTING,
  ),
  row('region-setting', 'the name of one region', 'region', settingOf('region', `${REGION}${END}`), SETTING),
];

/** What an image has to be free of, so that it works in every region: data for the linter and for the scan on the builder. */
export const NEUTRAL_ROWS: readonly NeutralRow[] = [
  ...BUCKET_ROWS,
  ...ARN_ROWS,
  ...ENDPOINT_ROWS,
  ...HOST_ROWS,
  ...ID_ROWS,
  ...ZONE_ROWS,
  ...SETTING_ROWS,
];

/**
 * A text in lower case without any of these has nothing that a row matches. Each begins with what is plainly there or not, which
 * is found many times faster than what the rows look for: most files are read no further.
 */
export const HINTS: readonly string[] = [
  '-(?:north|south|east|west|central)',
  'amazonaws',
  'arn:aws',
  '\\.internal',
  '-(?:[0-9a-f]{17}|[0-9a-f]{8})(?![a-z0-9_-])',
  '-az[1-9]',
];

/** A line that says nothing to any program. */
export const COMMENT = '^\\s*(?:#|;|//|-- |<!--)';
