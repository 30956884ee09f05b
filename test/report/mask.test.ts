import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMask } from '../../src/report/mask.ts';

const SECRET = 'p@ss/w0rd+x "y"';
const mask = createMask([SECRET, 'short', '  ', 'a-token-1234']);
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret that is known', () => {
  test.each([
    ['as it is', `before ${SECRET} after`, 'before *** after'],
    ['twice', 'a-token-1234,a-token-1234', '***,***'],
    ['percent-encoded', `?key=${encodeURIComponent(SECRET)}&x=1`, '?key=***&x=1'],
    ['percent-encoded in lower case', '?key=p%40ss%2fw0rd%2bx%20%22y%22', '?key=***'],
    ['in a form', `${new URLSearchParams({ key: SECRET })}`, 'key=***'],
    ['in JSON', JSON.stringify({ key: SECRET }), '{"key":"***"}'],
    ['percent-encoded but for slashes', 'p%40ss/w0rd%2Bx%20%22y%22', '***'],
    ['in hexadecimal digits', Buffer.from(SECRET).toString('hex'), '***'],
    ['too short to be one', 'a short word', 'a short word'],
  ])('%s', (_, text, expected) => {
    expect(mask.text(text)).toBe(expected);
  });

  test.each(['', 'u', 'us', 'use', 'user:'])('in base64 behind %j', (prefix) => {
    const masked = mask.text(`Basic ${base64(`${prefix}${SECRET}`)}`);
    expect(masked).toContain('***');
    expect(masked.length).toBeLessThan(`Basic ${base64(prefix)}***`.length + 6);
  });

  test('line by line, when it has several', () => {
    const key = createMask(['first-line-of-it\nsecond-line-of-it\n']);
    expect(key.text('x second-line-of-it')).toBe('x ***');
  });

  test('without the line end that it is kept with', () => {
    const token = createMask(['a-token-1234\n']);
    expect([token.text('x a-token-1234 y'), token.text(base64('a-token-1234'))]).toEqual(['x *** y', '***']);
  });

  test('text by text, when it is a JSON object', () => {
    const login = createMask(['{"user":"build","login":{"password":"pass-word-1"}}']);
    expect(login.text('build:pass-word-1')).toBe('build:***');
  });

  test.each([76, 64])('in base64 of lines of %i characters', (width) => {
    const secret = Array.from({ length: 60 }, (_, n) => `n${n * 7919}`).join(' ');
    const lines = base64(secret).match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
    const long = createMask([secret]);
    expect(lines.map(long.text)).toEqual(lines.map(() => '***'));
  });

  test.each([
    ['of one line', (text: string) => text],
    ['of many lines', (text: string) => text.replaceAll(/.{64}/g, '$&\n')],
  ])('as large as Secrets Manager keeps one, %s', (_, form) => {
    const large = form(Array.from({ length: 9000 }, (_, n) => n * 7919).join('/')).slice(0, 65536);
    const { text } = createMask([large]);
    expect(text(`before ${large} after`)).toBe('before *** after');
    expect(text(`before ${base64(large)}`)).toMatch(/^before \*\*\*.{0,4}$/);
  });

  test('from the time that it is', () => {
    const mask = createMask([]);
    const line = mask.lines();
    expect(line('a profile and its s3cret')).toBe('a profile and its s3cret');
    mask.add(['s3cret']);
    expect([line('its s3cret'), mask.text('s3cret')]).toEqual(['its ***', '***']);
  });
});

describe('what looks like a credential', () => {
  const nothing = createMask([]);
  test.each([
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY', 'aws_secret_access_key = ***'],
    ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG', 'AWS_SECRET_ACCESS_KEY=***'],
    ['"SecretAccessKey" : "wJalrXUtnFEMI",', '"SecretAccessKey" : "***",'],
    ['\\"SessionToken\\":\\"FwoGZXIvYXdzE\\"', '\\"SessionToken\\":\\"***\\"'],
    [
      'https://s3/?X-Amz-Security-Token=Fwo%2FGZX&X-Amz-Signature=0a1b2c&x=1',
      'https://s3/?X-Amz-Security-Token=***&X-Amz-Signature=***&x=1',
    ],
    ['x-amz-security-token: FwoGZX', 'x-amz-security-token: ***'],
    ['Authorization: Bearer eyJhbGciOi.eyJzdWIi.abc_-', 'Authorization: Bearer ***'],
    ['authorization: basic dXNlcjpwYXNz', 'authorization: basic ***'],
    ['git clone https://user:tops3cret@example.org/x.git', 'git clone https://user:***@example.org/x.git'],
    [`token ghp_${'a1B2'.repeat(9)} used`, 'token *** used'],
    [`npm_${'a1B2'.repeat(9)}`, '***'],
    ['key AKIAIOSFODNN7EXAMPLE is used', 'key AKIA****MPLE is used'],
    ['ASIAIOSFODNN7EXAMPLE', 'ASIA****MPLE'],
    ['a -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY----- b', 'a *** b'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r', '***'],
    ['a bearer of news', 'a bearer of news'],
    ['http://127.0.0.1:4566/path', 'http://127.0.0.1:4566/path'],
    ['-----BEGIN CERTIFICATE-----', '-----BEGIN CERTIFICATE-----'],
  ])('%s', (text, expected) => {
    expect(nothing.text(text)).toBe(expected);
  });
});

describe('a private key that comes line by line', () => {
  const body = 'MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMbRvI0MBZhpI';
  const masked = (...lines: string[]): readonly string[] => lines.map(createMask([]).lines());

  test('is masked up to its end', () => {
    expect(
      masked(
        'go',
        '-----BEGIN RSA PRIVATE KEY-----',
        'DEK-Info: x',
        '',
        `  ${body}`,
        'QmFrZQ==',
        '-----END RSA PRIVATE KEY-----',
        'on',
      ),
    ).toEqual(['go', '***', '***', '***', '***', '***', '-----END RSA PRIVATE KEY-----', 'on']);
  });

  test('without an end hides no more than itself', () => {
    expect(masked('-----BEGIN PRIVATE KEY-----', body, 'Reading package lists...', body)).toEqual([
      '***',
      '***',
      'Reading package lists...',
      body,
    ]);
  });

  test('keeps streams apart', () => {
    const mask = createMask([]);
    const [one, other] = [mask.lines(), mask.lines()];
    one('-----BEGIN PRIVATE KEY-----');
    expect(other(body)).toBe(body);
    expect(one(body)).toBe('***');
  });
});

describe('for any text', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/=._-]{6,40}$/);

  test('no secret is left, and a second pass changes nothing', () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const { text } = createMask([value]);
        const masked = text(`${before} ${value} ${after}`);
        expect(masked).not.toContain(value);
        expect(text(masked)).toBe(masked);
      }),
    );
  });

  test('a long line takes no time', () => {
    const { text } = createMask(Array.from({ length: 50 }, (_, index) => `secret-number-${index}`));
    const line = '://a:b aws_secret_access_key -----BEGIN x '.repeat(25_000);
    const started = performance.now();
    text(line);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
