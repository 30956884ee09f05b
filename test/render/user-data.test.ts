import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { BakeError } from '../../src/model/errors.ts';
import { USER_DATA_LIMIT, type UserDataPart } from '../../src/model/user-data.ts';
import { layerParts, settingsPart } from '../../src/render/user-data/parts.ts';
import { renderUserData } from '../../src/render/user-data.ts';
import { imageName, layer, sha256 } from '../helpers/builders.ts';

const API = imageName('api');
const part = (text: string, other: Partial<UserDataPart> = {}): UserDataPart => ({
  origin: 'layers/api/user-data/10-a.yaml',
  name: '010-api-10-a.yaml',
  type: 'text/cloud-config',
  text,
  ...other,
});
const script = (text: string, name = '011-api-20-b.sh') =>
  part(text, { type: 'text/x-shellscript', name, origin: name });
/** That no compression makes smaller. */
const noise = (bytes: number) => {
  const blocks = Array.from({ length: Math.ceil(bytes / 64) }, (_, n) =>
    createHash('sha256').update(`${n}`).digest('hex'),
  );
  return blocks.join('\n').slice(0, bytes);
};

function errorOf(...parts: readonly UserDataPart[]): BakeError {
  try {
    renderUserData(API, parts);
  } catch (error) {
    return error as BakeError;
  }
  throw new Error('it was not refused');
}

test('user-data has each part with its type, its name and how it is merged', () => {
  const channel = 'prod' as Parameters<typeof settingsPart>[0];
  const { bytes, compressed } = renderUserData(API, [
    settingsPart(channel),
    part('#cloud-config\nruncmd: [[date]]\n'),
    script('#!/bin/sh\necho grüße\n'),
  ]);
  expect(compressed).toBe(false);
  expect(bytes.toString()).toMatchInlineSnapshot(`
    "MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary="bake-5c04bb89f03473fc6074f4c2f313ee3e"

    --bake-5c04bb89f03473fc6074f4c2f313ee3e
    Content-Type: text/cloud-config; charset="utf-8"
    Content-Transfer-Encoding: 7bit
    Content-Disposition: attachment; filename="000-region-config.yaml"
    Merge-Type: dict(recurse_array)+list(append)

    #cloud-config
    write_files:
      - path: /etc/bake/region-config.json
        owner: root:root
        permissions: "0644"
        content: |
          {"version":1,"channel":"prod"}

    --bake-5c04bb89f03473fc6074f4c2f313ee3e
    Content-Type: text/cloud-config; charset="utf-8"
    Content-Transfer-Encoding: 7bit
    Content-Disposition: attachment; filename="010-api-10-a.yaml"
    Merge-Type: dict(recurse_array)+list(append)

    #cloud-config
    runcmd: [[date]]

    --bake-5c04bb89f03473fc6074f4c2f313ee3e
    Content-Type: text/x-shellscript; charset="utf-8"
    Content-Transfer-Encoding: quoted-printable
    Content-Disposition: attachment; filename="011-api-20-b.sh"

    #!/bin/sh
    echo gr=C3=BC=C3=9Fe

    --bake-5c04bb89f03473fc6074f4c2f313ee3e--
    "
  `);
});

describe('bytes', () => {
  const parts = [part('#cloud-config\na: 1\n'), script('#!/bin/sh\n')];
  test('are the same for the same parts', () => {
    expect(renderUserData(API, parts).bytes.equals(renderUserData(imageName('web'), parts).bytes)).toBe(true);
  });

  test('are others, with another boundary, for other parts', () => {
    const boundary = (...given: readonly UserDataPart[]) =>
      /boundary="(.*)"/.exec(renderUserData(API, given).bytes.toString())?.[1];
    expect(boundary(...parts)).not.toBe(boundary(part('#cloud-config\na: 2\n'), script('#!/bin/sh\n')));
  });

  test('are compressed when there are more than EC2 takes, and then the same everywhere', () => {
    const text = `#cloud-config\nb: ${'x'.repeat(USER_DATA_LIMIT)}\n`;
    const { bytes, compressed } = renderUserData(API, [part(text)]);
    expect(compressed).toBe(true);
    expect(bytes.length).toBeLessThanOrEqual(USER_DATA_LIMIT);
    // No time, no name; operating system unknown.
    expect([...bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    expect(gunzipSync(bytes).toString()).toContain(text);
  });

  test('are not compressed up to the last one that EC2 takes', () => {
    const overhead = renderUserData(API, [script('#!/bin/sh\n#')]).bytes.length;
    const exact = script(`#!/bin/sh\n#${'x'.repeat(USER_DATA_LIMIT - overhead)}`);
    expect(renderUserData(API, [exact])).toMatchObject({ compressed: false, bytes: { length: USER_DATA_LIMIT } });
    expect(renderUserData(API, [{ ...exact, text: `${exact.text}x` }]).compressed).toBe(true);
  });

  test('that are too many even so are refused, with the size of each part', () => {
    const error = errorOf(part('#cloud-config\na: 1\n'), script(`#!/bin/sh\n${noise(60_000)}`, 'big.sh'));
    expect(error.code).toBe('user-data-too-large');
    expect(error.message).toMatch(/^the user-data of api has \d{5} bytes when compressed, and EC2 takes 16384$/);
    expect(error.details).toEqual([
      expect.stringMatching(/^layers\/api\/user-data\/10-a\.yaml: 19 bytes, \d+ compressed$/),
      expect.stringMatching(/^big\.sh: 60010 bytes, \d{5} compressed$/),
    ]);
  });
});

describe('refused', () => {
  test('is a secret, by part and line, without telling it', () => {
    const error = errorOf(
      part('#cloud-config\nruncmd:\n- curl https://me:hunter2hunter@example.com\n'),
      script('#!/bin/sh\nexport AWS_SECRET_ACCESS_KEY=abcdefghijklmnopqrst\n'),
    );
    expect(error.code).toBe('user-data-secret');
    expect(error.details).toEqual(['layers/api/user-data/10-a.yaml:3', '011-api-20-b.sh:2']);
    expect(JSON.stringify({ ...error, message: error.message })).not.toMatch(/hunter2|abcdefghij/);
  });

  test.each([
    ['a password', '#cloud-config\n{}\n\npassword: hunter2\n', [4]],
    ['one of digits', '#cloud-config\npassword: 123456\n', [2]],
    ['one that begins as a placeholder does', '#cloud-config\npassword: $TOKEN\n', [2]],
    ['one on lines of its own', '#cloud-config\npassword:\n  hunter2\n', [2]],
    ['a list for chpasswd', '#cloud-config\nchpasswd: {list: "root:hunter2"}\n', [2]],
    ['… on lines of its own', '#cloud-config\nchpasswd:\n  list: |\n    a:R\n    root:hunter2\n', [3]],
    ['… one by one', '#cloud-config\nchpasswd:\n  list:\n  - a:RANDOM\n  - root:hunter2\n', [5]],
    ['users of chpasswd', '#cloud-config\nchpasswd:\n  users:\n  - name: a\n    password: 12\n', [5]],
    ['a hash', '#cloud-config\nusers:\n- default\n- name: a\n  passwd: $6$a$b\n', [5]],
    ['a user’s password', '#cloud-config\nusers:\n- {name: a, plain-text-passwd: 12}\n', [3]],
    ['… of users by name', '#cloud-config\nusers:\n  a:\n    hashed_passwd: $6$a$b\n', [4]],
    ['… of the default user', '#cloud-config\nuser: {name: a, plain_text_passwd: 12}\n', [2]],
    ['one in a file', '#cloud-config\nwrite_files:\n- path: /etc/x\n  content: |\n    DB_PASSWORD=hunter2\n', [5]],
    ['one of a template', '## template: jinja\n#cloud-config\npassword: 12\n', [3]],
  ])('is %s', (_, text, lines) => {
    const type = text.startsWith('##') ? 'text/jinja2' : 'text/cloud-config';
    const error = errorOf(part(text, { origin: 'one', type }));
    expect(error).toMatchObject({ code: 'user-data-secret', details: lines.map((line) => `one:${line}`) });
  });

  test('are no passwords that are none', () => {
    const config = [
      'chpasswd: {expire: false, list: "a:RANDOM\\nb:R\\n", users: [{name: c, type: RANDOM}]}',
      'user: {name: a, lock_passwd: true}',
      'users: [default, {name: d, passwd: "*"}, {name: e, hashed_passwd: "!"}, {name: f, passwd: ""}, {name: g, passwd: }]',
    ];
    const template = '## template: jinja\n#cloud-config\npassword: "{{ ds.meta_data.instance_id }}"\n';
    const parts = [part(`#cloud-config\n${config.join('\n')}\n`), part(template, { type: 'text/jinja2' })];
    expect(renderUserData(API, parts).compressed).toBe(false);
  });

  test.each([
    ['a value', 'ssh_pwauth: true', 'ssh_pwauth: false', 'two:2 ssh_pwauth is false, and in one:2 it is true'],
    ['a value in depth', 'a: {b: {c: 1}}', 'x: 1\na:\n  b:\n    c: 2', 'two:5 a.b.c is 2, and in one:2 it is 1'],
    ['another kind', 'users: [default]', 'users: {a: 1}', 'two:2 users is {"a":1}, and in one:2 it is ["default"]'],
  ])('is %s that cloud-init would drop', (_, one, two, detail) => {
    const error = errorOf(
      part(`#cloud-config\n${one}\n`, { origin: 'one' }),
      part(`#cloud-config\n${two}\n`, { origin: 'two' }),
    );
    expect(error).toMatchObject({ code: 'user-data-clash', details: [detail] });
  });

  test('is a value of a template, too', () => {
    const template = part('## template: jinja\n#cloud-config\nhostname: {{ v1.instance_id }}\nlocale: a\n', {
      origin: 'two',
      type: 'text/jinja2',
    });
    const error = errorOf(part('#cloud-config\nlocale: b\n', { origin: 'one' }), template);
    expect(error).toMatchObject({ code: 'user-data-clash', details: ['two:4 locale is "a", and in one:2 it is "b"'] });
  });

  test.each([
    ['a condition', '# {% if v1.region %}\nlocale: a\n# {% endif %}'],
    ['no YAML', 'locale: a\nhostname: {{ v1.instance_id }}-a'],
  ])('is none of a template with %s', (_, text) => {
    const template = part(`## template: jinja\n#cloud-config\n${text}\n`, { type: 'text/jinja2' });
    expect(renderUserData(API, [part('#cloud-config\nlocale: b\n'), template]).compressed).toBe(false);
  });

  test.each([
    ['lists', 'runcmd: [a]', 'runcmd: [b]'],
    ['the same value', 'ssh_pwauth: no', 'ssh_pwauth: false'],
    ['other keys of a mapping', 'apt: {a: 1}', 'apt: {b: 1}'],
  ])('are not %s', (_, one, two) => {
    expect(renderUserData(API, [part(`#cloud-config\n${one}\n`), part(`#cloud-config\n${two}\n`)]).compressed).toBe(
      false,
    );
  });
});

test('parts of layers come in the order of the layers, then of their names, and keep it by their own', () => {
  const entry = (name: string) => ({ source: `user-data/${name}`, digest: sha256(name) });
  const base = layer('base', { userData: [entry('90 last.sh'), entry('a.boothook')] });
  const api = layer('api', { userData: [entry('10-a.yaml'), entry('20-j.yml')] });
  const texts = new Map([
    [
      base,
      new Map([
        ['user-data/90 last.sh', '#!/bin/sh\n'],
        ['user-data/a.boothook', '#cloud-boothook\n'],
      ]),
    ],
    [
      api,
      new Map([
        ['user-data/10-a.yaml', '#cloud-config\n{}\n'],
        ['user-data/20-j.yml', '## template: jinja\n#cloud-config\n{}\n'],
      ]),
    ],
  ]);
  expect(layerParts([base, api], texts).map(({ origin, name, type }) => `${origin} ${name} ${type}`)).toEqual([
    'layers/base/user-data/90 last.sh 010-base-90_last.sh text/x-shellscript',
    'layers/base/user-data/a.boothook 011-base-a.boothook text/cloud-boothook',
    'layers/api/user-data/10-a.yaml 012-api-10-a.yaml text/cloud-config',
    'layers/api/user-data/20-j.yml 013-api-20-j.yml text/jinja2',
  ]);
});
