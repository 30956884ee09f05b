import { choices, type Path, type Report, show } from '../problems.ts';

/** Without dots, since the certificate of `*.s3.<region>.amazonaws.com` fits one label only. */
export const BUCKET =
  /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias|--ol-s3|--x-s3|--table-s3)$/;
export const BUCKET_RULE =
  'a bucket name: 3 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit';

const PLACEHOLDER = /\{([^{}]*)\}/g;

export function hasKnownPlaceholders(path: Path, pattern: string, known: readonly string[], report: Report): boolean {
  const unknown = [...pattern.matchAll(PLACEHOLDER)]
    .map(([, name = '']) => name)
    .filter((name) => !known.includes(name));
  for (const name of unknown) {
    const allowed = choices(known.map((one) => `{${one}}`));
    report(path, `${show(pattern)} has the unknown placeholder {${name}}; placeholders are ${allowed}`);
  }
  return unknown.length === 0;
}
