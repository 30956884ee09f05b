import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { BUCKET, FakeAws, manifestOf, REGION } from '../../helpers/fake-aws.ts';
import { temporaryFolder } from '../../helpers/layers-on-disk.ts';
import { LoaderMachine } from '../../helpers/loader-machine.ts';
import { SandboxServer } from '../../helpers/sandbox-server.ts';

const ONE = { values: { database: { host: 'db.one' } }, files: { 'a.conf': 'one\n' } };

/** What AWS has: TLS, and the bucket in the host's name. */
async function certificate(folder: string, name: string): Promise<{ readonly key: string; readonly cert: string }> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', cert];
  await promisify(execFile)('openssl', [...made, '-subj', '/CN=s3', '-addext', `subjectAltName=DNS:${name}`]);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}

it.each(['amazonaws.com', 'amazonaws.com.cn'])(
  'asks for the bucket by its host name under %s, over TLS',
  async (domain) => {
    await using aws = await FakeAws.start();
    await using folder = await temporaryFolder();
    await using machine = await LoaderMachine.create(aws, { deadline: 2 });
    const host = `${BUCKET}.s3.${REGION}.${domain}`;
    const { content } = aws.publish(ONE);
    aws.domain = domain;
    const hosts = new Set<string | undefined>();
    const server = createServer(await certificate(folder.path, host), (request, response) => {
      hosts.add(request.headers.host);
      aws.serveS3(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const options = { hosts: `127.0.0.1:${(server.address() as AddressInfo).port}` };
      // Nobody vouches for the certificate yet.
      expect(await machine.run('load', options)).toMatchObject({ code: 1, reason: 's3-unavailable' });
      expect([...hosts]).toEqual([]);
      const env = { SSL_CERT_FILE: join(folder.path, `${host}.pem`) };
      expect(await machine.run('load', { ...options, env })).toMatchObject({ code: 0, stderr: '' });
      expect([...hosts]).toEqual([host]);
      expect(await machine.current()).toBe(content);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);

it('loads from the S3 of the sandbox', async () => {
  await using sandbox = await SandboxServer.start();
  await using aws = await FakeAws.start();
  await using machine = await LoaderMachine.create(aws);
  aws.domain = sandbox.endpoint.replace('http://', '');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = (region: string) =>
    new S3Client({ region, endpoint: sandbox.endpoint, credentials, forcePathStyle: true });
  const s3 = client(REGION);
  const LocationConstraint = REGION;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint } }));
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 'access-denied' });
  // Whose the test's own keys are.
  aws.account = '123456789012';
  await machine.override({ bucket: BUCKET });
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 'key-missing' });
  await machine.override({ bucket: 'no-such-bucket' });
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 'bucket-missing' });
  await client('us-east-1').send(new CreateBucketCommand({ Bucket: 'in-virginia' }));
  await machine.override({ bucket: 'in-virginia' });
  expect(await machine.run('load')).toMatchObject({ code: 1, reason: 'wrong-region' });
  await machine.override({ bucket: BUCKET });
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  const put = async (Key: string, Body: string) =>
    (await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ChecksumAlgorithm: 'SHA256' }))).VersionId ?? '';
  const contents = new Map<string, string>();
  manifestOf('api', ONE, 1, (key, body) => {
    contents.set(key, body);
    return '';
  });
  const versions = new Map<string, string>();
  for (const [key, body] of contents) versions.set(key, await put(key, body));
  const manifest = manifestOf('api', ONE, 1, (key) => versions.get(key) ?? '');
  await put('api/manifest.json', JSON.stringify(manifest));
  // What is newest is not what the manifest says.
  await put('api/values.json', '{"database":{"host":"db.two"}}');
  expect(await machine.run('load')).toMatchObject({ code: 0, stderr: '' });
  expect(await machine.current()).toBe(manifest.content);
  expect(await machine.text('values.env')).toBe('DATABASE_HOST="db.one"\n');
  s3.destroy();
});
