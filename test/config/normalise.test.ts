import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { projectWith } from './project.ts';

test('every image says who to log in as: itself, an ancestor, the top level, or the alias at its root', async () => {
  const golden = { name: 'golden-*', owner: 'self' };
  const images = {
    debian: { source: 'debian:12' },
    api: { parent: 'debian' },
    own: { parent: 'api', build: { sshUser: 'ops' } },
    golden: { source: golden, build: { sshUser: 'gold' } },
    child: { parent: 'golden' },
    amazon: { source: 'al2023' },
  };
  await using project = await projectWith({
    'bake.config.json': JSON.stringify({ project: 'acme', region: 'us-east-1', images }),
    'layers/.gitkeep': '',
  });
  const config = await loadConfig({ cwd: project.root });
  expect([...config.images].map(([name, { build }]) => `${name} ${build.sshUser}`)).toEqual([
    'debian admin',
    'api admin',
    'own ops',
    'golden gold',
    'child gold',
    'amazon ec2-user',
  ]);
});

test('the top level refreshes base images, and an image says for itself', async () => {
  const images = {
    daily: { source: 'debian:12' },
    child: { parent: 'daily' },
    own: { parent: 'daily', refresh: 'weekly' },
    below: { parent: 'own' },
    never: { source: 'debian:12', refresh: 'never' },
  };
  await using project = await projectWith({
    'bake.config.json': JSON.stringify({ project: 'acme', region: 'us-east-1', refresh: 'daily', images }),
    'layers/.gitkeep': '',
  });
  const config = await loadConfig({ cwd: project.root });
  expect([...config.images].map(([name, { refresh }]) => `${name} ${refresh}`)).toEqual([
    'daily daily',
    'child undefined',
    'own weekly',
    'below undefined',
    'never undefined',
  ]);
});

test('secrets are of the image that names them, and of no child', async () => {
  const images = {
    base: {
      source: 'debian:12',
      secrets: { token: { env: 'TOKEN' }, db: { secretsManager: 'prod/db', key: 'password' } },
    },
    api: { parent: 'base', secrets: {} },
  };
  await using project = await projectWith({
    'bake.config.json': JSON.stringify({ project: 'acme', region: 'us-east-1', images }),
    'layers/.gitkeep': '',
  });
  const config = await loadConfig({ cwd: project.root });
  expect([...config.images.values()].map(({ secrets }) => secrets)).toEqual([images.base.secrets, undefined]);
});

test('a volume has what is not written by default, and starts from its snapshot where it is first', async () => {
  const images = {
    base: {
      source: 'debian:12',
      volumes: {
        data: { sizeGiB: 20, snapshot: 'snap-0123456789abcdef0', kmsKey: 'alias/images' },
        free: { sizeGiB: 500, type: 'st1', snapshot: false, deleteOnTermination: false },
      },
    },
    api: { parent: 'base' },
  };
  await using project = await projectWith({
    'bake.config.json': JSON.stringify({ project: 'acme', region: 'us-east-1', images }),
    'layers/.gitkeep': '',
  });
  const config = await loadConfig({ cwd: project.root });
  const [base, api] = [...config.images.values()].map(({ volumes }) => volumes);
  const data = { name: 'data', device: '/dev/sdf', sizeGiB: 20, type: 'gp3', encrypted: true, kmsKey: 'alias/images' };
  const free = { name: 'free', device: '/dev/sdg', sizeGiB: 500, type: 'st1', content: 'empty' };
  expect(base).toEqual([
    { ...data, content: 'baked', startsFrom: 'snap-0123456789abcdef0', deleteOnTermination: true, inherited: false },
    { ...free, deleteOnTermination: false, inherited: false },
  ]);
  expect(api).toEqual([
    { ...data, content: 'baked', deleteOnTermination: true, inherited: true },
    { ...free, deleteOnTermination: false, inherited: true },
  ]);
});
