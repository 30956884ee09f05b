import { join } from 'node:path';

/** A project whose layers hold one of each kind of regional material. */
export const REGIONAL_PROJECT = join(import.meta.dirname, '../fixtures/regional');

export interface Regional {
  readonly layer: string;
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly match: string;
  readonly key: string;
}

const at = (layer: string, file: string, found: readonly (readonly [number, string, string, string])[]) =>
  found.map(([line, rule, match, key]): Regional => ({ layer, file, line, rule, match, key }));

/** What its files hold. */
export const IN_FILES: readonly Regional[] = [
  ...at('data', 'files/etc/app/cache.json', [
    [2, 'region-endpoint', 'sessions.abc123.0001.use1.cache.amazonaws.com', 'cache.host'],
    [3, 'region-endpoint', 'clustercfg.mem.abc123.memorydb.eu-central-1.amazonaws.com', 'cache.host'],
    [4, 'region-endpoint', 'vpc-logs-abc123.eu-west-1.es.amazonaws.com', 'search.endpoint'],
    [5, 'region-endpoint', 'abc123.ap-southeast-2.aoss.amazonaws.com', 'search.endpoint'],
  ]),
  ...at('data', 'files/etc/app/database.conf', [
    [2, 'region-endpoint', 'shop.c9akciq32.us-east-1.rds.amazonaws.com', 'database.host'],
    [3, 'region-endpoint', 'shop.cluster-c9akciq32.eu-west-1.rds.amazonaws.com', 'database.host'],
    [4, 'region-endpoint', 'shop.c9akciq32.rds.cn-north-1.amazonaws.com.cn', 'database.host'],
    [5, 'region-endpoint', 'docs.node.us-west-2.docdb.amazonaws.com', 'database.host'],
    [6, 'region-endpoint', 'abc0123.dsql.us-east-1.on.aws', 'database.host'],
    [7, 'region-endpoint', 'facts.c9akciq32.us-east-2.redshift.amazonaws.com', 'warehouse.host'],
  ]),
  ...at('data', 'files/opt/app/streams.properties', [
    [1, 'region-endpoint', 'b-1.events.abc123.c2.kafka.us-east-1.amazonaws.com:9098', 'broker.hosts'],
    [2, 'region-endpoint', 'sqs.us-east-1.amazonaws.com/111122223333/orders', 'queue.url'],
    [3, 'region-endpoint', 'fs-0123456789abcdef0.efs.us-east-1.amazonaws.com', 'files.host'],
    [4, 'region-endpoint', 'dynamodb.us-gov-west-1.amazonaws.com', 'aws.endpoint'],
    [5, 'region-endpoint', 'lambda.eu-north-1.api.aws', 'aws.endpoint'],
  ]),
  ...at('app', 'files/etc/nginx/conf.d/app.conf.hbs', [
    [3, 'region-endpoint', 'app-1234567890.eu-west-1.elb.amazonaws.com', 'upstream.host'],
    [4, 'region-bucket', 'acme-assets.s3.eu-west-1.amazonaws.com/v1', 'bucket.url'],
    [5, 'region-endpoint', 'abc123.execute-api.eu-west-1.amazonaws.com', 'api.url'],
    [6, 'region-bucket', 'acme.s3-website-us-west-2.amazonaws.com', 'bucket.url'],
    [7, 'region-host', 'api.eu-west-1.acme.internal', 'service.host'],
  ]),
  ...at('app', 'files/etc/systemd/system/app.service.d/10-region.conf', [
    [2, 'region-setting', 'AWS_DEFAULT_REGION=eu-west-1', 'region'],
    [3, 'region-zone', 'eu-west-1b', 'placement.zone'],
    [3, 'region-zone', 'euw1-az2', 'placement.zone'],
    [5, 'region-setting', '--region eu-west-1', 'region'],
    [5, 'region-bucket', 's3://acme-config-eu-west-1/app', 'bucket.name'],
  ]),
  ...at('account', 'files/etc/app/resources.yaml', [
    [1, 'region-id', 'ami-0123456789abcdef0', 'image.id'],
    [2, 'region-id', 'subnet-0123456789abcdef0', 'network.subnet'],
    [2, 'region-id', 'subnet-1a2b3c4d', 'network.subnet'],
    [3, 'region-id', 'sg-0fedcba9876543210', 'network.securityGroup'],
    [4, 'region-id', 'vpc-1a2b3c4d', 'network.vpc'],
    [5, 'region-id', 'vol-0123456789abcdef0', 'volume.id'],
    [5, 'region-id', 'snap-0123456789abcdef0', 'snapshot.id'],
    [6, 'region-id', 'eni-0123456789abcdef0', 'network.interface'],
    [7, 'region-arn', 'arn:aws:kms:us-east-1:111122223333:key/0b1c2d3e', 'kms.key'],
    [8, 'region-arn', 'arn:aws-cn:sns:cn-north-1:111122223333:alerts', 'topic.arn'],
    [9, 'region-arn', 'arn:aws:iam::111122223333:role/app', 'role.arn'],
    [10, 'region-arn', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:db', 'secrets.arn'],
  ]),
];

/** What can be read off its script: where it writes to a path in a variable, the machine has to be asked. */
export const IN_SCRIPTS: readonly Regional[] = at('app', 'scripts/10-app.sh', [
  [6, 'region-endpoint', '111122223333.dkr.ecr.us-east-1.amazonaws.com', 'registry.host'],
  [8, 'region-host', 'ip-10-0-0-7.ec2.internal', 'peer.host'],
  [9, 'region-bucket', 'bucket: acme-logs-us-east-1', 'bucket.name'],
  [10, 'region-host', 'mirror.eu-central-1.acme.example', 'service.host'],
]);

/** One line each, with what is of one region in it. */
export const LINES: readonly (readonly [line: string, ...found: string[]])[] = [
  ['A.B.US-EAST-1.RDS.AMAZONAWS.COM', 'A.B.US-EAST-1.RDS.AMAZONAWS.COM'],
  ['url: jdbc:mysql://$NAME.abc.eu-west-3.rds.amazonaws.com/shop', 'NAME.abc.eu-west-3.rds.amazonaws.com'],
  ['url: postgres://app:secret@db.us-east-1.acme.example/shop', 'db.us-east-1.acme.example'],
  ['cache: redis://cache-us-east-1:6379', 'cache-us-east-1'],
  ['hosts: a.us-east-1.acme.example b.us-east-2.acme.example', 'a.us-east-1.acme.example', 'b.us-east-2.acme.example'],
  ['server db.us-east-1.acme:5432;', 'db.us-east-1.acme:5432'],
  ['deb http://us-east-1.ec2.archive.ubuntu.com/ubuntu noble main', 'us-east-1.ec2.archive.ubuntu.com'],
  ['https://s3.dualstack.us-west-2.amazonaws.com/acme/x', 's3.dualstack.us-west-2.amazonaws.com/acme/x'],
  ['https://acme.s3-eu-west-1.amazonaws.com', 'acme.s3-eu-west-1.amazonaws.com'],
  ['"Resource": "arn:aws:s3:::acme-config-us-east-1/*"', 'arn:aws:s3:::acme-config-us-east-1/*'],
  ['https://vpce-0a1b-c.sqs.us-east-1.vpce.amazonaws.com', 'vpce-0a1b-c.sqs.us-east-1.vpce.amazonaws.com'],
  ['host ip-10-0-0-1.us-west-2.compute.internal', 'ip-10-0-0-1.us-west-2.compute.internal'],
  ['host ec2-192-0-2-1.compute-1.amazonaws.com', 'ec2-192-0-2-1.compute-1.amazonaws.com'],
  ['server: https://ABC.gr7.us-east-1.eks.amazonaws.com', 'ABC.gr7.us-east-1.eks.amazonaws.com'],
  ['"region": "ap-northeast-3",', 'region": "ap-northeast-3'],
  ['<awsRegion>sa-east-1</awsRegion>', 'awsRegion>sa-east-1'],
  ['region => eusc-de-east-1', 'region => eusc-de-east-1'],
  ['az = us-west-2-lax-1a', 'us-west-2-lax-1a'],
  ['* * * * * root aws s3 sync s3://acme-eu-west-1 /srv', 's3://acme-eu-west-1'],
  ['  --region us-gov-east-1 \\', '--region us-gov-east-1'],
  ['arn:aws:s3:us-east-1:111122223333:accesspoint/x', 'arn:aws:s3:us-east-1:111122223333:accesspoint/x'],
  ['mount fs-1a2b3c4d:/ /srv', 'fs-1a2b3c4d'],
  ['    region us-east-1', 'region us-east-1'],
  ['ENV AWS_REGION us-east-1', 'AWS_REGION us-east-1'],
  ['fastcgi_param AWS_REGION "us-east-1";', 'AWS_REGION "us-east-1'],
  ['regions: [us-east-1, eu-west-1]', 'regions: [us-east-1'],
  ['"regions": [ "us-east-1" ]', 'regions": [ "us-east-1'],
  ['    bucket acme-logs-us-east-1', 'bucket acme-logs-us-east-1'],
  ['https://s3.amazonaws.com/acme-us-east-1', 's3.amazonaws.com/acme-us-east-1'],
  ['https://s3.amazonaws.com/acme-us-east-1/v1/x', 's3.amazonaws.com/acme-us-east-1/v1/x'],
  ['https://s3.amazonaws.com/acme/us-east-1/x'],
  ['# region us-east-1'],
  ['regional us-east-10a1'],
  ['region, us-east-1 or another'],
  ['https://example.com/us-east-1/index.html'],
  ['cluster-us-east-1 is down'],
  ['the region is us-east-1'],
  ['commit i-0123456789abcdef0a', ''],
  ['x-vpc-1a2b3c4d-y'],
  ['arn:aws:iam::*:role/x arn:aws:s3:::acme/*'],
  ['app@us-east-1.service us-east-1.tar.gz dump.us-east-1.json.gz'],
  ['region-east us-east-1b2 us-east-10a1'],
].map(([line = '', ...found]) => [line, ...found.filter((text) => text !== '')] as const);
