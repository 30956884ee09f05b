/** How to reach AWS, or what stands in for it. */
export interface AwsConnection {
  readonly region: string;
  /** Set where an emulator is meant explicitly; AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> are honoured by the SDK. */
  readonly endpoint?: string;
  /** Absent: the SDK's own chain (environment, profile, SSO, web identity, instance role). */
  readonly credentials?: Credentials;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** The endpoint that EC2 calls go to, if it is not AWS's own: for Packer, which does not read these variables itself. */
export function ec2Endpoint(connection: AwsConnection, env: Readonly<Record<string, string | undefined>>): string {
  return connection.endpoint ?? (env.AWS_ENDPOINT_URL_EC2 || env.AWS_ENDPOINT_URL || '');
}
