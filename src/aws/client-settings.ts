import type { AwsConnection } from './connection.ts';

/** Attempts per call, with the SDK's jittered back-off between them: throttling is normal at night. */
const MAX_ATTEMPTS = 6;
/** Milliseconds until a connection that does not come about counts as failed. */
const CONNECT_LIMIT = 5_000;
const REQUEST_LIMIT = 20_000;

// Says on every start that Node 20 has an end; the range of Node versions is this package's own decision.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** AWS_MAX_ATTEMPTS counts here as in every SDK. */
const attempts = () => (process.env.AWS_MAX_ATTEMPTS === undefined ? { maxAttempts: MAX_ATTEMPTS } : {});

export function clientSettings({ region, endpoint, credentials }: AwsConnection) {
  return {
    region,
    ...attempts(),
    requestHandler: { connectionTimeout: CONNECT_LIMIT, requestTimeout: REQUEST_LIMIT },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
