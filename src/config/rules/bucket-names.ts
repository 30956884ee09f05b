/** Without dots, since the certificate of `*.s3.<region>.amazonaws.com` fits one label only. */
export const BUCKET =
  /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias|--ol-s3|--x-s3|--table-s3)$/;
export const BUCKET_RULE =
  'a bucket name: 3 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit';
