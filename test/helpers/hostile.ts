import fc from 'fast-check';
import { expect } from 'vitest';
import { formatPath, type Path } from '../../src/config/problems.ts';
import type { CliResult } from './cli.ts';

/** The same values in every run, unless another number is given. */
export const SEED = Number(process.env.BAKE_TEST_SEED ?? 7);

/** What has broken quoting somewhere, or means something to one of the programs on the way. */
const PIECES = [
  ...[
    "'",
    '"',
    '`',
    '\\',
    '\\n',
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '  ',
    '!',
    '!!',
    '~',
    '#',
    ';',
    '&',
    '&&',
    '|',
    '<',
    '>',
    '=',
  ],
  ...[
    '$',
    `\${x}`,
    `$\${x}`,
    '%{if}',
    '%%{',
    '%s',
    '%n',
    '%',
    '{{',
    '}}',
    '{{user `x`}}',
    '{{{',
    '{%',
    '$(id)',
    '`id`',
    '$HOME',
    '$1',
  ],
  ...[
    '*',
    '?',
    '[a-z]',
    '{a,b}',
    '-',
    '--',
    '-rf',
    '-n',
    'EOF',
    '<<EOF',
    '/',
    '../',
    '.',
    ':',
    ',',
    '(',
    ')',
    '@',
    '+',
  ],
  ...[
    'e\u0301',
    'é',
    'Á',
    '日本',
    'שלום',
    '\u202E',
    '\u200F',
    '\u200B',
    '\u00A0',
    '\uFEFF',
    '\u2028',
    '\u0085',
    '\u0081',
    '👩‍👩‍👧',
    '🎉',
  ],
  ...[
    '\u{10FFFF}',
    '\uFFFE',
    '\u0001',
    '\u0007',
    '\u001B[31m',
    '\u007F',
    '%!(PACKER_COMMA)',
    '::bake:: failed 1 1',
    'null',
    'true',
  ],
  ...['aws:', 'bake:', 'Name', 'root', '&amp;', ']]>', '0', '1e3', 'a', 'B'],
];

/** What no file or environment can hold. */
const SPOILERS = ['\0', '\uD83D', '\uDE00', 'a\0b'];

const WHOLE = [
  ...[
    '',
    ' ',
    '   ',
    '\n',
    '\t',
    'a\n',
    'a\n\n',
    ' a',
    'a ',
    '-',
    '--',
    '-rf',
    '-n',
    '-e',
    '.',
    '..',
    'EOF',
    "'",
    '"',
    '\\',
    '\\\\',
  ],
  ...[
    'x'.repeat(200),
    'é'.repeat(200),
    '🎉'.repeat(200),
    '{{'.repeat(100),
    "'".repeat(200),
    'x'.repeat(256),
    'x'.repeat(257),
    'y'.repeat(5000),
  ],
  ...[
    'aws:cost',
    'AWS:cost',
    'bake:image',
    'Name',
    '__proto__',
    'constructor',
    'toString',
    '$(reboot)',
    '; reboot',
    '\uFFFD',
  ],
];

const piece = fc.constantFrom(...PIECES);
const whole = fc.oneof(
  { weight: 6, arbitrary: fc.array(piece, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).map(withoutSpoilers) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(piece, fc.integer({ min: 20, max: 200 }))
      .map(([text, times]) => text.repeat(times))
      .map((text) => withoutSpoilers(text.slice(0, 200))),
  },
);
const wild = fc.oneof(
  { weight: 11, arbitrary: whole },
  { weight: 1, arbitrary: fc.tuple(piece, fc.constantFrom(...SPOILERS), piece).map((parts) => parts.join('')) },
);

function withoutSpoilers(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '');
}

/** Letters, digits and signs that EC2 takes in tags. */
const tagText = fc
  .array(
    fc.constantFrom(
      ...'aZ09 +-=._:/@',
      '  ',
      'é',
      'Á',
      'ß',
      '日',
      'ש',
      'ع',
      '٣',
      '𝒳',
      '𐐷',
      '--',
      '-rf',
      '=;'.slice(0, 1),
      'null',
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** So many different ones, the same for the same seed and salt. */
function distinct(arbitrary: fc.Arbitrary<string>, first: readonly string[], count: number, salt: number) {
  const found = new Set(first.slice(0, count));
  for (let round = 0; found.size < count; round++) {
    const parameters = { seed: SEED * 1000 + salt * 100 + round, numRuns: count };
    for (const text of fc.sample(arbitrary, parameters)) if (found.size < count) found.add(text);
  }
  return [...found];
}

/** Any text, of which a tenth can arrive nowhere. */
export const hostileTexts = (count: number, salt: number): readonly string[] => distinct(wild, WHOLE, count, salt);

/** Text that tags may have, and as much that they may not. */
export const hostileTags = (count: number, salt: number): readonly string[] => {
  const allowed = distinct(tagText, ['x'.repeat(128), ' ', 'é'.repeat(100), '-', '='], Math.ceil(count / 2), salt);
  const first = [
    '',
    '\n',
    'a\n',
    'aws:cost',
    'AWS:cost',
    'bake:image',
    'Name',
    '__proto__',
    'x'.repeat(129),
    'x'.repeat(257),
  ];
  const chosen = salt % 2 === 0 ? first.slice(0, 5) : first.slice(5);
  const others = distinct(wild, chosen, count, salt).filter((text) => !allowed.includes(text));
  return [...allowed, ...others].slice(0, count);
};

/** Words that look like names; some are. */
export const hostileNames = (count: number, salt: number): readonly string[] => {
  const first = [
    'constructor',
    'null',
    'true',
    'hasOwnProperty',
    'if',
    'x'.repeat(32),
    'x'.repeat(33),
    '__proto__',
    '',
    '-rf',
    'a-b',
  ];
  const word = fc.string({ unit: fc.constantFrom(...'abcxyz019--_AZ'), minLength: 1, maxLength: 12 });
  return distinct(fc.oneof(word, wild), first, count, salt);
};

/** Absolute paths, for the most part. */
export const hostilePaths = (count: number, salt: number): readonly string[] => {
  const path = fc
    .tuple(fc.constantFrom('/opt/a', '/opt/b/-', '/srv/'), wild, fc.constantFrom('', '/c d'))
    .map((parts) => parts.join(''));
  const first = [
    '/opt/ ',
    '/opt/-rf',
    `/opt/${'é'.repeat(127)}`,
    `/opt/${'é'.repeat(128)}`,
    '/opt/a\nb',
    '/opt/../etc/passwd',
    ' /opt/x',
    '',
  ];
  return distinct(path, first, count, salt);
};

/** JSON with such keys and values, as text. */
export const hostileJson = (count: number, salt: number): readonly string[] => {
  const leaf = fc.oneof(
    { weight: 30, arbitrary: whole },
    wild,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeNat(),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(whole, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  return distinct(
    fc.oneof(fc.array(tree), fc.dictionary(whole, tree)).map((value) => JSON.stringify(value)),
    [],
    count,
    salt,
  );
};

/** Names that a file on this machine can have. */
export const hostileFileNames = (count: number, salt: number): readonly string[] =>
  distinct(
    wild.map((text) => text.replaceAll(/[/\0\p{Surrogate}]/gu, '_')).filter(isFileName),
    WHOLE.filter(isFileName),
    count,
    salt,
  );

/** Keys of S3, but for those that clients and proxies are known to change: control characters, `.` and `..` as a part. */
export const hostileKeys = (count: number, salt: number): readonly string[] =>
  distinct(
    whole.filter(
      (text) => !/\p{Cc}|[\uFFFE\uFFFF]|^\/|(?:^|\/)\.{0,2}(?:\/|$)/u.test(text) && Buffer.byteLength(text) < 1000,
    ),
    [' ', 'a b', '-rf', '?', '#', '%2e', '%', '+', "'", '{{x}}', 'a\\b', 'é', 'e\u0301', '🎉'.repeat(200)],
    count,
    salt,
  );

const isFileName = (text: string): boolean => text !== '' && !/^\.\.?$|\//.test(text) && Buffer.byteLength(text) <= 240;

/** A value, and where it is written in the configuration. */
export interface Slot {
  /** What a refusal names. */
  readonly path: Path;
  readonly value: string;
  /** Goes with the value, where that is not the value alone. */
  readonly at?: Path;
  readonly written?: unknown;
}

/** `<base>.<prefix>0`, `<base>.<prefix>1`, … */
export const slotsOf = (
  base: Path,
  prefix: string,
  values: readonly string[],
  slot: (name: string, value: string) => Partial<Slot> = () => ({}),
): readonly Slot[] =>
  values.map((value, index) => {
    const name = `${prefix}${index}`;
    return { path: [...base, name], value, ...slot(name, value) };
  });

/** Every value that a test gives to bake, and what becomes of it: it arrives as it is, or is refused with the reason. */
export class Ledger {
  private readonly slots = new Map<string, Slot>();
  private readonly refused = new Map<string, string>();

  constructor(slots: readonly Slot[]) {
    for (const slot of slots) {
      const place = formatPath(slot.path);
      expect(this.slots.has(place), `${place} is there twice`).toBe(false);
      this.slots.set(place, slot);
    }
  }

  /** What bake has not refused. */
  get sound(): readonly Slot[] {
    return [...this.slots].flatMap(([place, slot]) => (this.refused.has(place) ? [] : [slot]));
  }

  /** Those of the lines that name no value. */
  refuse(lines: readonly string[]): readonly string[] {
    return lines.filter((line) => {
      const isMeant = (place: string) => line.startsWith(place) && /^[:.[]/.test(line.slice(place.length));
      const [place] = [...this.slots.keys()].filter(isMeant).toSorted((a, b) => b.length - a.length);
      if (place !== undefined) this.refused.set(place, line.slice(place.length));
      return place === undefined;
    });
  }

  /** The configuration with all that was not refused. */
  fill<T extends object>(config: T): T {
    const filled = structuredClone(config);
    for (const { path, value, at = path, written = value } of this.sound) setAt(filled, at, written);
    return filled;
  }

  /**
   * Writes the configuration without what was refused, until bake takes it. A refusal that names none of the values is a
   * failure.
   */
  async refuseUntilTaken(write: () => Promise<void>, check: () => Promise<CliResult>): Promise<void> {
    for (let round = 1; ; round++) {
      await write();
      const { code, stdout } = await check();
      if (code === 0) return;
      const { error } = JSON.parse(stdout);
      expect({ seed: SEED, code, is: error.code, unnamed: this.refuse(error.details) }).toEqual({
        seed: SEED,
        code: 2,
        is: 'config-invalid',
        unnamed: [],
      });
      expect(round).toBeLessThan(5);
    }
  }

  /** Nothing was lost and nothing changed. By the place, what has arrived. */
  settle(found: ReadonlyMap<string, string>): {
    readonly given: number;
    readonly arrived: number;
    readonly refused: number;
  } {
    const changed = this.sound.flatMap(({ path, value }) => {
      const place = formatPath(path);
      return found.get(place) === value ? [] : [{ place, value, found: found.get(place) }];
    });
    const silent = [...this.refused].filter(([, reason]) => reason.length < 15);
    expect({ seed: SEED, changed, silent }).toEqual({ seed: SEED, changed: [], silent: [] });
    return { given: this.slots.size, arrived: this.sound.length, refused: this.refused.size };
  }
}

function setAt(within: object, [key = '', ...rest]: Path, value: unknown): void {
  const define = (value: unknown) =>
    Object.defineProperty(within, key, { value, enumerable: true, configurable: true, writable: true });
  if (rest.length === 0) {
    define(value);
    return;
  }
  if (!Object.hasOwn(within, key)) define({});
  setAt((within as Record<PropertyKey, object>)[key] ?? {}, rest, value);
}
