import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canonicalJson } from '../../src/model/canonical-json.ts';
import type { Json } from '../../src/model/image.ts';

/** What a push of bake leaves for an image. */
export interface Published {
  readonly values: Json;
  readonly files: Readonly<Record<string, string>>;
}

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const BUCKET = `acme-config-${ACCOUNT}-${REGION}`;
export const CREDENTIALS = {
  AccessKeyId: 'ASIAEXAMPLE',
  SecretAccessKey: 'secret/+of=the role',
  Token: 'token//of+the==role',
};

/** A request as it came. */
export interface Seen {
  readonly service: 'imds' | 's3';
  readonly method: string;
  readonly url: string;
}

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Change {
  readonly change: (body: Buffer) => Buffer;
  /** What the answer says that its length is. */
  readonly length?: number;
}

/** Another answer, the connection cut, the right answer after milliseconds, or with its body changed. */
export type Fault = Answer | Change | { readonly cut: true } | { readonly slow: number };

/** Called with how many requests of its service came before, and how many of its own URL. */
export type Disturb = (seen: Seen, count: number, sameUrl: number) => Fault | undefined;

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/**
 * The metadata service of one instance and an S3 of one bucket, which verifies each signature, with faults to order.
 * Behaves as AWS does where the loader looks: tokens, versions, codes of errors, expected owner, clock.
 */
export class FakeAws implements AsyncDisposable {
  readonly requests: Seen[] = [];
  role: string | undefined = 'app role';
  /** Milliseconds that S3's clock is ahead. */
  clock = 0;
  /** Whose instance it is, and whose bucket. */
  account = ACCOUNT;
  owner = ACCOUNT;
  bucket = BUCKET;
  metadataAddress = '';
  s3Address = '';
  /** What the metadata service says that endpoints end in. */
  domain = '';
  imdsFault: Disturb = () => undefined;
  s3Fault: Disturb = () => undefined;
  #tokens = new Set<string>();
  #objects = new Map<string, { readonly versionId: string; readonly body: Buffer }[]>();
  #serial = 0;
  readonly #imds: Server;
  readonly #s3: Server;

  private constructor() {
    this.#imds = createServer((request, response) => this.#serve('imds', request, response));
    this.#s3 = createServer((request, response) => this.#serve('s3', request, response));
  }

  static async start(): Promise<FakeAws> {
    const aws = new FakeAws();
    aws.metadataAddress = await listening(aws.#imds);
    aws.s3Address = await listening(aws.#s3);
    aws.domain = aws.s3Address;
    return aws;
  }

  /** How often S3 was asked for what ends so. */
  asked(end: string): number {
    return this.requests.filter(({ service, url }) => service === 's3' && url.split('?')[0]?.endsWith(end)).length;
  }

  /** Tokens that were given out are not valid any more. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  put(key: string, body: string | Buffer): string {
    const versions = this.#objects.get(key) ?? [];
    const versionId = `v${versions.length + 1}.${sha256(key).slice(0, 6)}`;
    this.#objects.set(key, [...versions, { versionId, body: Buffer.from(body) }]);
    return versionId;
  }

  remove(key: string): void {
    this.#objects.delete(key);
  }

  /** As `bake region-config push` does: objects, then the manifest. Returns the manifest. */
  publish(published: Published, image = 'api'): Manifest {
    this.#serial += 1;
    const manifest = manifestOf(image, published, this.#serial, (key, body) => this.put(key, body));
    this.put(`${image}/manifest.json`, JSON.stringify(manifest));
    return manifest;
  }

  /** The same S3 behind another server: buckets are in the hosts' names there. */
  serveS3(request: IncomingMessage, response: ServerResponse): void {
    this.#serve('s3', request, response);
  }

  async stop(which: 'imds' | 's3'): Promise<void> {
    const server = which === 'imds' ? this.#imds : this.#s3;
    if (!server.listening) return;
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.stop('imds'), this.stop('s3')]);
  }

  #serve(service: Seen['service'], request: IncomingMessage, response: ServerResponse): void {
    const seen = { service, method: request.method ?? '', url: request.url ?? '' };
    const before = this.requests.filter((other) => other.service === service);
    const fault = (service === 'imds' ? this.imdsFault : this.s3Fault)(
      seen,
      before.length,
      before.filter(({ url }) => url === seen.url).length,
    );
    this.requests.push(seen);
    const right = () => (service === 'imds' ? this.#metadata(request) : this.#object(request));
    const answer = () => send(response, right(), this.clock);
    if (fault === undefined) answer();
    else if ('cut' in fault) request.socket.destroy();
    else if ('slow' in fault) setTimeout(answer, fault.slow);
    else if ('status' in fault) send(response, fault, this.clock);
    else this.#changed(right(), fault, request, response);
  }

  /** The connection ends with what there is, be it less than was announced. */
  #changed(right: Answer, { change, length }: Change, request: IncomingMessage, response: ServerResponse): void {
    const body = change(Buffer.from(right.body));
    response.writeHead(right.status, { ...right.headers, 'Content-Length': length ?? body.length });
    response.write(body, () => request.socket.end());
  }

  #metadata(request: IncomingMessage): Answer {
    const { method, url = '', headers } = request;
    if (method === 'PUT' && url === '/latest/api/token') {
      if (!/^\d+$/.test(String(headers['x-aws-ec2-metadata-token-ttl-seconds']))) return { status: 400, body: '' };
      const token = `token-${this.requests.length}`;
      this.#tokens.add(token);
      return { status: 200, body: token };
    }
    if (!this.#tokens.has(String(headers['x-aws-ec2-metadata-token']))) return { status: 401, body: '' };
    const role = this.role;
    const tree: Record<string, string | undefined> = {
      'dynamic/instance-identity/document': JSON.stringify({ accountId: this.account, region: REGION }),
      'meta-data/services/domain': this.domain,
      'meta-data/iam/security-credentials/': role,
      [`meta-data/iam/security-credentials/${encodeURIComponent(role ?? '')}`]:
        role && JSON.stringify({ Code: 'Success', ...CREDENTIALS }),
    };
    const body = tree[url.replace('/latest/', '')];
    return body === undefined ? { status: 404, body: '' } : { status: 200, body };
  }

  #object(request: IncomingMessage): Answer {
    const wrong = this.#signatureProblem(request);
    if (wrong !== undefined) return s3Error(403, wrong);
    const url = new URL(request.url ?? '', 'http://s3');
    const inHost = /^([^.]+)\.s3\./.exec(request.headers.host ?? '')?.[1];
    const parts = url.pathname.split('/').map(decodeURIComponent).slice(1);
    const [bucket, ...rest] = inHost === undefined ? parts : [inHost, ...parts];
    if (bucket !== this.bucket) return s3Error(404, 'NoSuchBucket');
    if (request.headers['x-amz-expected-bucket-owner'] !== this.owner) return s3Error(403, 'AccessDenied');
    const versions = this.#objects.get(rest.join('/'));
    if (versions === undefined) return s3Error(404, 'NoSuchKey');
    const wanted = url.searchParams.get('versionId');
    const found = wanted === null ? versions.at(-1) : versions.find(({ versionId }) => versionId === wanted);
    if (found === undefined) return s3Error(404, 'NoSuchVersion');
    const checksum = createHash('sha256').update(found.body).digest('base64');
    return {
      status: 200,
      body: found.body,
      headers: { 'x-amz-version-id': found.versionId, 'x-amz-checksum-sha256': checksum },
    };
  }

  /** By AWS's description of the signature, from what is on the wire; nothing here is shared with the loader. */
  #signatureProblem({ method, url = '', headers }: IncomingMessage): string | undefined {
    const form =
      /^AWS4-HMAC-SHA256 Credential=(\S+?)\/(\d{8})\/(\S+?)\/s3\/aws4_request, SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/;
    const [, id, date = '', region = '', names = '', given] = form.exec(headers.authorization ?? '') ?? [];
    if (id !== CREDENTIALS.AccessKeyId) return 'InvalidAccessKeyId';
    if (headers['x-amz-security-token'] !== CREDENTIALS.Token) return 'InvalidToken';
    if (region !== REGION) return 'AuthorizationHeaderMalformed';
    const time = String(headers['x-amz-date']);
    const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
    if (!(Math.abs(Date.now() + this.clock - Date.parse(iso)) < 15 * 60_000)) return 'RequestTimeTooSkewed';
    const unsigned = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
    if (unsigned.some((name) => !names.split(';').includes(name))) return 'AccessDenied';
    const [path = '', query = ''] = url.split('?');
    const canonical = [
      method,
      path,
      query.split('&').sort().join('&'),
      ...names.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
      '',
      names,
      String(headers['x-amz-content-sha256']),
    ].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', time, `${date}/${region}/s3/aws4_request`, sha256(canonical)].join('\n');
    const key = [date, region, 's3', 'aws4_request'].reduce<string | Buffer>(
      hmac,
      `AWS4${CREDENTIALS.SecretAccessKey}`,
    );
    return hmac(key, toSign).toString('hex') === given ? undefined : 'SignatureDoesNotMatch';
  }
}

export interface Manifest {
  readonly version: 1;
  readonly image: string;
  readonly serial: number;
  readonly created: string;
  readonly content: string;
  readonly objects: readonly {
    readonly name: string;
    readonly key: string;
    readonly versionId: string;
    readonly sha256: string;
    readonly size: number;
  }[];
}

export function manifestOf(
  image: string,
  { values, files }: Published,
  serial: number,
  put: (key: string, body: string) => string = () => 'v1',
): Manifest {
  const contents = { 'values.json': canonicalJson(values), ...prefixed(files) };
  const objects = Object.entries(contents).map(([name, body]) => {
    const key = `${image}/${name}`;
    return { name, key, versionId: put(key, body), sha256: sha256(body), size: Buffer.byteLength(body) };
  });
  const digests = objects.map(({ name, sha256 }) => [name, sha256]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  const content = sha256(JSON.stringify(digests));
  return { version: 1, image, serial, created: '2026-11-20T16:00:00Z', content, objects };
}

const prefixed = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, body]) => [`files/${name}`, body]));

async function listening(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function s3Error(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>...</Message></Error>`;
  return { status, body, headers };
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer, clock: number): void {
  response.writeHead(status, { Date: new Date(Date.now() + clock).toUTCString(), ...headers }).end(body);
}
