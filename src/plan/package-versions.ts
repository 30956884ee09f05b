/**
 * Which of two package versions is newer, as the machine's own package manager has it: negative, zero or positive. The
 * record writes rpm's with the architecture at their end, which no version of Debian's may look like.
 */
export function comparePackageVersions(a: string, b: string): number {
  return RPM.test(a) && RPM.test(b) ? compareRpm(a, b) : compareDebian(a, b);
}

const RPM = /\.(?:x86_64|aarch64|noarch|i[3-6]86|\(none\))$/;

interface Parts {
  readonly epoch: number;
  readonly version: string;
  readonly revision: string;
}

function partsOf(text: string): Parts {
  const [, epoch = '0', rest = text] = /^(\d+):(.*)$/.exec(text) ?? [];
  const dash = rest.lastIndexOf('-');
  const [version, revision] = dash === -1 ? [rest, ''] : [rest.slice(0, dash), rest.slice(dash + 1)];
  return { epoch: Number(epoch), version, revision };
}

function compareBy(a: string, b: string, compare: (a: string, b: string) => number): number {
  const [one, other] = [partsOf(a), partsOf(b)];
  return one.epoch - other.epoch || compare(one.version, other.version) || compare(one.revision, other.revision);
}

/** deb-version(7): stretches of other characters and of digits in turn. */
const compareDebian = (a: string, b: string): number =>
  compareBy(a, b, (one, other) => {
    const [x, y] = [debianStretches(one), debianStretches(other)];
    for (let at = 0; at < Math.max(x.length, y.length); at++) {
      const [textOfX = '', numberOfX = ''] = x[at] ?? [];
      const [textOfY = '', numberOfY = ''] = y[at] ?? [];
      const order = compareDebianText(textOfX, textOfY) || compareNumbers(numberOfX, numberOfY);
      if (order !== 0) return order;
    }
    return 0;
  });

const debianStretches = (text: string) => [...text.matchAll(/(\D*)(\d*)/g)].map(([, other, digits]) => [other, digits]);

function compareDebianText(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = weight(a[at]) - weight(b[at]);
    if (order !== 0) return order;
  }
  return 0;
}

/** A tilde sorts before the end, letters before all others. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return character.charCodeAt(0) + (/[A-Za-z]/.test(character) ? 0 : 256);
}

/** rpm-version(7): segments of digits and of letters, what separates them does not count. */
const compareRpm = (a: string, b: string): number =>
  compareBy(a, b, (one, other) => {
    const [x, y] = [rpmSegments(one), rpmSegments(other)];
    for (let at = 0; at < Math.max(x.length, y.length); at++) {
      const order = compareSegments(x[at], y[at]);
      if (order !== 0) return order;
    }
    return 0;
  });

const rpmSegments = (text: string): readonly string[] => text.match(/[~^]|\d+|[A-Za-z]+/g) ?? [];

function compareSegments(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  // A tilde is older than anything and than the end; a caret newer than the end and older than anything.
  if (a === '~' || b === '~') return a === '~' ? -1 : 1;
  if (a === '^') return b === undefined ? 1 : -1;
  if (b === '^') return a === undefined ? -1 : 1;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const [numberA, numberB] = [/^\d/.test(a), /^\d/.test(b)];
  if (numberA !== numberB) return numberA ? 1 : -1;
  return numberA ? compareNumbers(a, b) : a < b ? -1 : 1;
}

/** Digits of any length, the empty text as zero. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [BigInt(a), BigInt(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}
