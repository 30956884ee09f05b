import type { AwsKeys, SandboxServer } from './sandbox-server.ts';

/** A call of a service that answers JSON and that bake has no client of. The sandbox looks at no signature. */
export async function jsonCall<T>(
  server: SandboxServer,
  target: { readonly service: string; readonly prefix: string; readonly region?: string; readonly keys?: AwsKeys },
  action: string,
  input: unknown,
): Promise<T> {
  const { service, prefix, region = 'eu-central-1', keys = { accessKeyId: 'test', secretAccessKey: 'test' } } = target;
  const scope = `${keys.accessKeyId}/20261120/${region}/${service}/aws4_request`;
  const answer = await fetch(server.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${prefix}.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      ...(keys.sessionToken !== undefined && { 'x-amz-security-token': keys.sessionToken }),
    },
    body: JSON.stringify(input),
  });
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
  const content = await answer.text();
  return JSON.parse(content === '' ? '{}' : content) as T;
}
