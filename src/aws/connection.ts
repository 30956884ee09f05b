/** How to reach AWS, or what stands in for it. */
export interface AwsConnection {
  readonly region: string;
  /** Set where an emulator is meant explicitly; the SDK honours AWS_ENDPOINT_URL and the profile's endpoint_url. */
  readonly endpoint?: string;
  /** Absent: the SDK's own chain (environment, profile, SSO, web identity, instance role). */
  readonly credentials?: Credentials | CredentialsSource;
}

/** Asked again when what it gave is about to expire. */
export type CredentialsSource = () => Promise<Credentials>;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
