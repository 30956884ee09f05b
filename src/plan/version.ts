import { parseVersion, type Version } from '../model/ids.ts';

/**
 * The version after the highest one taken, by the scheme's pattern: `{yyyy}`, `{mm}`, `{dd}` are the UTC date, `{n}`
 * counts from 1 within what stands before and after it.
 */
export function nextVersion(scheme: string, now: Date, taken: Iterable<string>): Version {
  const dated = scheme
    .replaceAll('{yyyy}', String(now.getUTCFullYear()))
    .replaceAll('{mm}', String(now.getUTCMonth() + 1).padStart(2, '0'))
    .replaceAll('{dd}', String(now.getUTCDate()).padStart(2, '0'));
  const [before = '', after = ''] = dated.split('{n}');
  const numbers = [...taken].flatMap((version) => {
    if (!version.startsWith(before) || !version.endsWith(after)) return [];
    const middle = version.slice(before.length, version.length - after.length);
    return /^\d{1,9}$/.test(middle) ? [Number(middle)] : [];
  });
  const version = parseVersion(`${before}${Math.max(0, ...numbers) + 1}${after}`);
  if (version === undefined) throw new Error(`version scheme ${scheme} makes a version that EC2 would refuse`);
  return version;
}
