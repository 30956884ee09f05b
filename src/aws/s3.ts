import { clientSettings } from './client-settings.ts';
import type { AwsConnection } from './connection.ts';
import { isAwsError } from './errors.ts';
import { S3Client, type S3ServiceException } from './sdk/s3.ts';

export function s3Client(
  connection: AwsConnection,
  other: { readonly followRegionRedirects?: boolean } = {},
): S3Client {
  const elsewhere = connection.endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  return new S3Client({ ...clientSettings(connection), ...(elsewhere ? { forcePathStyle: true } : {}), ...other });
}

/** Undefined for an object that is not there; a missing bucket is an error, as far as S3 tells. */
export async function orAbsent<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    // By the status, since a HEAD has no body that would name its error. A version that is a delete marker is a 405.
    const status = (error as S3ServiceException).$metadata?.httpStatusCode;
    if ((status === 404 || status === 405) && !isAwsError(error, 'NoSuchBucket')) return undefined;
    throw error;
  }
}
