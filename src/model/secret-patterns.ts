/**
 * What is a secret wherever it turns up. Each has at most one group: what stays in front of the mask.
 * No group may be added inside: `mask.ts` counts them.
 */
const PRECEDED: readonly RegExp[] = [
  /((?:aws_)?(?:secret_?access_?key|session_?token|security_?token)\\?["']?\s*[=:]\s*\\?["']?)[^\s"'\\,;&<]+/,
  /(x-amz-(?:security-token|signature)\\?["']?\s*(?:=|:|%3d)\s*\\?["']?)[^\s"'\\,;&<]+/,
  /(\bauthorization\\?["']?\s*[=:]\s*\\?["']?(?:basic|token)\s+)[^\s"'\\,;]+/,
  /(\bbearer\s+)[a-z0-9._~+/-]{8,}=*/,
  // https://user:password@host
  /(:\/\/[^\s/:@"']*:)[^\s/@"']+(?=@)/,
];

const WHOLE: readonly RegExp[] = [
  /\b(?:gh[pousr]_[a-z0-9]{20,}|github_pat_[a-z0-9_]{20,}|npm_[a-z0-9]{30,}|glpat-[a-z0-9_-]{20,}|xox[abprs]-[a-z0-9-]{10,})/,
];

const KEY_BLOCK = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/;

/** An access key id is no secret, but says whose key it is: its kind and its end are enough to recognise it. */
export const ACCESS_KEY_ID = /\b(A[KS]IA)[A-Z0-9]{12}([A-Z0-9]{4})\b/g;

export const precededSources = PRECEDED.map((pattern) => pattern.source);
export const wholeSources = [KEY_BLOCK, ...WHOLE].map((pattern) => pattern.source);
