import { describe, expect, test } from 'vitest';
import { secretLines } from '../../../src/render/region-config/secrets.ts';

const HASH = `$6$c9akciq32$${'aB3./'.repeat(17)}a`;

describe('looks like a secret', () => {
  test.each([
    'password: hunter2secret',
    '- password: hunter2secret',
    'user: {name: x, passwd: hunter2}',
    'plain_text_passwd: "hunter2 secret"',
    '{"apiKey":"a1b2c3"}',
    'content: "{\\"token\\": \\"a1b2c3\\"}"',
    'export DB_PASSWORD=hunter2',
    'Environment="DB_PASSWORD=hunter2"',
    "TOKEN='{a1b2c3}'",
    'db.password = hunter2',
    'password => "hunter2"',
    'PRIVATE_KEY=a1b2c3',
    '# DB_PASSWORD=hunter2',
    'curl "https://acme.example/?token=a1b2c3&x=1"',
    'curl -H "X-Api-Key: a1b2c3" https://acme.example',
    'curl -fsS -u admin:s3cret https://acme.example',
    'curl -fsS \\\n  --user "admin:s3cret" https://acme.example',
    '- [curl, -u, "admin:s3cret", https://acme.example]',
    'kubeadm join --token abcdef.0123456789',
    '- [join, --token, abcdef.0123456789]',
    'echo "root:hunter2" | chpasswd',
    `useradd -p '${HASH}' ops`,
    'usermod -p $2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234 ops',
    'url: redis://:$ecret1@h/',
    'PASSWORD=$ecret1',
    'PASSWORD=%ecret1',
    '#!/usr/bin/python3\ntoken = "a1b2c3"',
  ])('%s', (text) => {
    expect(secretLines(text)).toHaveLength(1);
  });
});

describe('looks like none', () => {
  test.each([
    'token_ttl: 30',
    'token: 3600',
    'max_token=4096',
    'passwordless: true',
    'lock_passwd: true',
    "passwd: '*'",
    'password: ""',
    'password:',
    'chpasswd: {expire: false}',
    'chpasswd:\n  expire: false',
    'passwd:         files systemd',
    'ops ALL=(ALL) NOPASSWD:ALL',
    'PASSWORD_FILE=/run/x',
    'PASSWORD=/run/secrets/db',
    'private_key: keys/api.pem',
    'token: https://acme.example/token',
    'secretArn: arn:aws:secretsmanager:us-east-1:111122223333:secret:db',
    'DB_SECRET=arn:aws:secretsmanager:us-east-1:111122223333:secret:db',
    'DB_PASSWORD=secretsmanager:api/db',
    'token: ssm:/api/token',
    'PasswordAuthentication no',
    'TOKEN=$(curl -fsS -X PUT http://169.254.169.254/latest/api/token)',
    'TOKEN="$TOKEN"',
    'token=$token',
    'local password=$1',
    `password=\${1:?a password}`,
    'password: "{{ v1.instance_id }}"',
    'auth_token="Bearer $token"',
    'curl -H "X-aws-ec2-metadata-token: $TOKEN" http://169.254.169.254/',
    'curl -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/',
    'curl -u "admin:$PASSWORD" https://acme.example',
    'curl -u "admin:{{ password }}" https://acme.example',
    'curl -fsSo /etc/x https://acme.example/?a=1&b=2 && docker run -u 1000:1000 acme',
    'docker run -u 1000:1000 acme',
    'docker login --username AWS --password-stdin',
    'aws secretsmanager get-secret-value --secret-id api/db',
    '[ "$token" = "abc" ] || exit 1',
    `echo "\${TOKEN:-none}"`,
    'echo "fetching the token: retrying"',
    '# the token: see the documentation',
    "sed 's/a/$1$HOSTNAMEHOSTNAMEHOSTNAME/'",
    'printf %s "$login" | chpasswd',
    'curl https://$user:$password@acme.example',
    'postgres://app:$DB_PASSWORD@db/app',
    '#!/usr/bin/python3\ntoken = session.token\npassword = read(path)\n',
    'ssh_password = var.builder_password',
    'token = os.environ["TOKEN"]',
  ])('%s', (text) => expect(secretLines(text)).toEqual([]));
});

test('lines are told in their order, each once', () => {
  const text = 'a\nexport TOKEN=a1b2c3 API_KEY=a1b2c3\n\nurl=postgres://app:s3cr3t@db\npassword: x1\n';
  expect(secretLines(text)).toEqual([2, 4, 5]);
});

// A pattern that tried every way to split one would take minutes.
test.each(['curl ', 'token', 'password=', '--token ', '- ', 'a-', '$6$a$', '"a:', ' '])(
  'a long line of %j is read',
  (part) => {
    const line = part.repeat(262_144 / part.length);
    expect(secretLines(`${line}\nexport DB_PASSWORD=hunter2`)).toContain(2);
  },
);
