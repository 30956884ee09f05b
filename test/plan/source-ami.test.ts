import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES, parseAccountId, parseAmiId } from '../../src/model/ids.ts';
import type { SourceAmi } from '../../src/model/image.ts';
import { SOURCE_ALIASES, sourceText } from '../../src/model/source-aliases.ts';
import type { SourceAmiCandidate } from '../../src/model/source-ami.ts';
import { chooseSourceAmi, lookupOf, type WantedSourceAmi, wantedOf } from '../../src/plan/source-ami.ts';

const OWNER = parseAccountId('123456789012') as NonNullable<ReturnType<typeof parseAccountId>>;
const id = (n: number) => parseAmiId(`ami-${n.toString(16).padStart(17, '0')}`) as SourceAmiCandidate['imageId'];
const NOW = new Date('2026-11-20T12:00:00Z');
const WANTED: WantedSourceAmi = { architecture: 'x86_64', owner: OWNER, skip: undefined, now: NOW };

const candidate = (n: number, other: Partial<SourceAmiCandidate> = {}): SourceAmiCandidate => ({
  imageId: id(n),
  name: `golden-${n}`,
  owner: OWNER,
  ownerAlias: undefined,
  creationDate: `2026-01-${String(n).padStart(2, '0')}T00:00:00.000Z`,
  architecture: 'x86_64',
  rootDeviceName: '/dev/xvda',
  devices: ['/dev/xvda'],
  rootDeviceType: 'ebs',
  virtualizationType: 'hvm',
  state: 'available',
  deprecationTime: undefined,
  ...other,
});

test('every alias has a lookup per architecture', () => {
  const rows = [...SOURCE_ALIASES.keys()].flatMap((alias) =>
    ARCHITECTURES.map((architecture) => {
      const lookup = lookupOf({ by: 'alias', alias }, architecture);
      return `${alias} ${lookup.owner} ${lookup.by === 'name' ? lookup.name : lookup.by === 'parameter' && lookup.parameter}`;
    }),
  );
  expect(rows.join('\n')).toMatchInlineSnapshot(`
    "debian:12 136693071363 debian-12-amd64-*
    debian:12 136693071363 debian-12-arm64-*
    debian:13 136693071363 debian-13-amd64-*
    debian:13 136693071363 debian-13-arm64-*
    ubuntu:22.04 099720109477 ubuntu/images/hvm-ssd*/ubuntu-*-22.04-amd64-server-*
    ubuntu:22.04 099720109477 ubuntu/images/hvm-ssd*/ubuntu-*-22.04-arm64-server-*
    ubuntu:24.04 099720109477 ubuntu/images/hvm-ssd*/ubuntu-*-24.04-amd64-server-*
    ubuntu:24.04 099720109477 ubuntu/images/hvm-ssd*/ubuntu-*-24.04-arm64-server-*
    al2023 amazon /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64
    al2023 amazon /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64
    rhel:9 309956199498 RHEL-9.*_HVM-*-x86_64-*-Hourly2-*
    rhel:9 309956199498 RHEL-9.*_HVM-*-arm64-*-Hourly2-*"
  `);
});

test.each<[SourceAmi, object, string]>([
  [
    { by: 'filter', name: 'golden-*', owner: 'self' },
    { by: 'name', name: 'golden-*', owner: 'self', architecture: 'arm64' },
    'name:golden-* owner:self',
  ],
  [
    { by: 'parameter', parameter: '/x', owner: OWNER },
    { by: 'parameter', parameter: '/x', owner: OWNER },
    `parameter:/x owner:${OWNER}`,
  ],
  [{ by: 'id', id: id(1), owner: 'amazon' }, { by: 'id', id: id(1), owner: 'amazon' }, `id:${id(1)} owner:amazon`],
])('what is written is what is looked up: %j', (source, lookup, text) => {
  expect(lookupOf(source, 'arm64')).toEqual(lookup);
  expect(sourceText(source)).toBe(text);
});

describe('choosing', () => {
  test('the newest', () => {
    expect(chooseSourceAmi([candidate(2), candidate(9), candidate(5)], WANTED)).toEqual({
      kind: 'chosen',
      ami: {
        imageId: id(9),
        name: 'golden-9',
        owner: OWNER,
        creationDate: '2026-01-09T00:00:00.000Z',
        rootDeviceName: '/dev/xvda',
      },
    });
  });

  test('does not depend on the order of the answer', () => {
    const all = [1, 2, 3, 4, 5].map((n) => candidate(n, n > 3 ? { creationDate: '2026-02-01T00:00:00.000Z' } : {}));
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(chooseSourceAmi(shuffled, WANTED)).toMatchObject({ kind: 'chosen', ami: { imageId: id(5) } });
      }),
    );
  });

  test('passes over what will not do', () => {
    const pending = candidate(9, { state: 'pending' });
    expect(chooseSourceAmi([pending, candidate(3)], WANTED)).toMatchObject({ ami: { imageId: id(3) } });
  });

  test.each<[Partial<SourceAmiCandidate>, string]>([
    [{ owner: '210987654321' }, 'it is owned by 210987654321, not by 123456789012'],
    [{ architecture: 'arm64' }, 'its architecture is arm64, not x86_64'],
    [{ state: 'disabled' }, 'it is disabled, not available'],
    [{ rootDeviceType: 'instance-store' }, 'its root device is instance-store, not ebs'],
    [{ virtualizationType: 'paravirtual' }, 'its virtualization is paravirtual, not hvm'],
    [{ deprecationTime: '2026-11-20T12:00:00.000Z' }, 'its owner deprecated it on 2026-11-20'],
  ])('refuses %j', (flaw, because) => {
    expect(chooseSourceAmi([candidate(7, flaw)], WANTED)).toEqual({
      kind: 'refused',
      imageId: id(7),
      name: 'golden-7',
      because,
    });
  });

  test('one that will be deprecated some day will do', () => {
    const choice = chooseSourceAmi([candidate(1, { deprecationTime: '2028-01-01T00:00:00.000Z' })], WANTED);
    expect(choice.kind).toBe('chosen');
  });

  test('an owner may be named by alias', () => {
    const amazons = candidate(1, { owner: '137112412989', ownerAlias: 'amazon' });
    expect(chooseSourceAmi([amazons], { ...WANTED, owner: 'amazon' }).kind).toBe('chosen');
    expect(chooseSourceAmi([candidate(1)], { ...WANTED, owner: 'amazon' }).kind).toBe('refused');
  });

  test("Debian's daily builds are another edition", () => {
    const wanted = wantedOf({ by: 'alias', alias: 'debian:12' }, 'x86_64', NOW);
    const daily = candidate(9, { name: 'debian-12-amd64-daily-20261119-2000', owner: '136693071363' });
    const release = candidate(3, { name: 'debian-12-amd64-20261101-1900', owner: '136693071363' });
    expect(chooseSourceAmi([daily, release], wanted)).toMatchObject({ ami: { imageId: id(3) } });
    expect(chooseSourceAmi([daily], wanted)).toEqual({ kind: 'not-found' });
  });

  test('nothing among nothing', () => {
    expect(chooseSourceAmi([], WANTED)).toEqual({ kind: 'not-found' });
  });
});
