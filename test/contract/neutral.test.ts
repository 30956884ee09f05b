import { describe, expect, test } from 'vitest';
import { lintImages } from '../../src/commands/lint-images.ts';
import { loadConfig } from '../../src/config/load.ts';
import { sortAccepted } from '../../src/contract/acceptance.ts';
import { LARGEST_TEXT, ROOTS } from '../../src/contract/neutral/places.ts';
import { NEUTRAL_RULES } from '../../src/contract/neutral/row.ts';
import { NEUTRAL_ROWS } from '../../src/contract/neutral/rows.ts';
import { isLookedAt, regionalIn } from '../../src/contract/neutral/scan.ts';
import { layer, script } from '../helpers/builders.ts';
import { lint, told } from '../helpers/linting.ts';
import { IN_FILES, IN_SCRIPTS, LINES, REGIONAL_PROJECT, type Regional } from '../helpers/regional.ts';

const HOST = 'db.abc.us-east-1.rds.amazonaws.com';

test('each kind is found, by layer, file and line, with the key where it belongs', async () => {
  const config = await loadConfig({ cwd: REGIONAL_PROJECT });
  const [linted] = await lintImages(config, [...config.images.values()]);
  const found = (linted?.findings ?? []).filter(({ severity }) => severity === 'error');
  const brief = found.map(({ layer, file, line, rule, match, key }) => ({ layer, file, line, rule, match, key }));
  const sorted = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort();
  expect(sorted(brief)).toEqual(sorted([...IN_FILES, ...IN_SCRIPTS]));
});

test.each(LINES)('%s', (line, ...found) => {
  expect(regionalIn(line).map(({ match }) => match)).toEqual(found);
});

test('every rule has an example', () => {
  const seen = new Set([...IN_FILES, ...IN_SCRIPTS].map(({ rule }: Regional) => rule));
  expect([...seen].sort()).toEqual([...NEUTRAL_RULES].sort());
});

test('a finding says what would happen and what to do instead', () => {
  const [finding] = lint({ '/etc/app.conf': `host = ${HOST}\n` });
  expect(finding).toMatchObject({
    rule: 'region-endpoint',
    severity: 'error',
    file: 'files/etc/app.conf',
    line: 1,
    path: '/etc/app.conf',
    message: `${HOST} is the endpoint of a database in one region: a clone in another region reaches across regions, or fails`,
    fix: expect.stringContaining('regionConfig as database.host'),
  });
});

// A pattern that tried every way to split one would take minutes.
test.each([
  'a.',
  'a-',
  'us-east-',
  'region',
  'region ',
  'region=[ ',
  ' ',
  'bucket.',
  'bucket a ',
  'arn:aws-',
  'a.us-east-1-',
  '-us-east-1.',
  's3://a-',
])('a long line of %s is read to its end', (part) => {
  const line = `${part.repeat(LARGEST_TEXT / part.length)} db.abc.us-east-1.rds.amazonaws.com`;
  expect(regionalIn(line).at(-1)?.match).toBe('db.abc.us-east-1.rds.amazonaws.com');
});

describe('what does not land on the machine', () => {
  test.each([
    ['a download', `curl -fsS https://b.s3.us-east-1.amazonaws.com/x >/etc/x`],
    ['a file for the moment', `echo ${HOST} >/tmp/x`],
    ['what an edit takes out', `sed -i 's/${HOST}/localhost/' /etc/x`],
    ['lines that an edit deletes', `sed -i '/${HOST}/d' /etc/x`],
    ['a removal', `rm /etc/us-east-1.acme.example.conf`],
  ])('%s', (_, line) => {
    expect(told(lint({ '10.sh': `${line}\n` }))).toEqual([]);
  });

  test.each([
    ['what an edit brings in', `sed -i 's/localhost/${HOST}/' /etc/x`],
    ['what is appended', `echo ${HOST} >>/etc/x`],
    ['a here-document', `cat >/etc/x <<E\n${HOST}\nE`],
  ])('… but %s does', (_, line) => {
    expect(lint({ '10.sh': `${line}\n` }).map(({ rule }) => rule)).toContain('region-endpoint');
  });
});

test.each([
  ['/etc/app/app.conf', true],
  ['/srv/app/vendor/sdk/endpoints.json', false],
  ['/usr/local/lib/python3.11/dist-packages/botocore/data/endpoints.json', false],
  ['/opt/app/README', false],
  ['/opt/app/readme-of-mine.conf', true],
  ['/usr/share/man/man1/x.1', false],
  ['/var/lib/dpkg/status', false],
  ['/var/lib/app/state.json', true],
  ['/etc/resolv.conf', false],
  ['/etc/cloud/cloud.cfg.d/99-bake-010-web.cfg', false],
  ['/etc/cloud/cloud.cfg.d/90-web.cfg', true],
])('%s is looked at: %s', (path, looked) => {
  expect(isLookedAt(path)).toBe(looked);
});

test('patterns keep to what JavaScript and Python read alike', () => {
  for (const { pattern } of NEUTRAL_ROWS) expect(pattern).not.toMatch(/\\[dwbDWB]|\(\?(?:P?<[a-zA-Z])|\\p/);
  for (const root of ROOTS) expect(root).toMatch(/^\/.*[^/]$/);
});

test('an acceptance may be for what only the builder sees, where there are scripts', () => {
  const accept = [{ rule: 'region-arn', reason: 'r', line: 1 }];
  const unused = (steps: readonly ReturnType<typeof script>[]) => sortAccepted([], [layer('web', { steps, accept })]);
  expect(unused([script('10.sh')]).findings).toEqual([]);
  expect(unused([]).findings.map(({ rule }) => rule)).toEqual(['accept-unused']);
});
