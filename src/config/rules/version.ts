import { parseVersion, VERSION_RULE } from '../../model/ids.ts';
import { choices, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';

const SAMPLES: Readonly<Record<string, string>> = { yyyy: '2026', mm: '11', dd: '20', n: '999' };
const PLACEHOLDER = /\{([^{}]*)\}/g;

export function versionRule({ written: { version: scheme }, report }: RuleContext): void {
  if (scheme === undefined) return;
  const used = [...scheme.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  const unknown = used.filter((name) => !Object.hasOwn(SAMPLES, name));
  for (const name of unknown) {
    const known = Object.keys(SAMPLES).map((sample) => `{${sample}}`);
    report(['version'], `${show(scheme)} has the unknown placeholder {${name}}; placeholders are ${choices(known)}`);
  }
  if (unknown.length > 0) return;
  if (used.filter((name) => name === 'n').length !== 1) {
    report(['version'], `${show(scheme)} needs {n}, the number that counts up, exactly once`);
  } else if (/[\d}]\{n\}|\{n\}[\d{]/.test(scheme)) {
    // `{dd}{n}`: nobody could tell 2026.11.2|01 from 2026.11.20|1 when the highest number is looked for.
    report(['version'], `${show(scheme)} needs something other than digits around {n}, such as a dot`);
  } else if (parseVersion(sampleOf(scheme)) === undefined) {
    report(['version'], `${show(scheme)} makes ${show(sampleOf(scheme))}; a version is ${VERSION_RULE}`);
  }
}

function sampleOf(scheme: string): string {
  return scheme.replace(PLACEHOLDER, (_, name: string) => SAMPLES[name] ?? '');
}
