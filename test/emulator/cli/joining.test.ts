import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { callsAfter } from '../../helpers/interference.ts';
import type { ProjectSpec } from '../../helpers/project.ts';
import { isExhaustive } from '../../helpers/sampled.ts';
import { twentyImages } from '../../helpers/twenty-images.ts';

/** base → a → a1; base → b → b1; base → c. */
const SIX: ProjectSpec = {
  images: {
    base: { source: 'debian:12', layers: ['os'] },
    a: { parent: 'base', layers: ['app'] },
    a1: { parent: 'a', variables: { name: 'a1' } },
    b: { parent: 'base', variables: { name: 'b' } },
    b1: { parent: 'b', variables: { name: 'b1' } },
    c: { parent: 'base', variables: { name: 'c' } },
  },
  layers: { os: { 'files/etc/motd': 'welcome\n' }, app: { 'files/etc/app.conf': 'port = 80\n' } },
};
const spec = isExhaustive ? twentyImages : SIX;
const IDS = Object.keys(spec.images).map((name) => `${name}/x86_64`);
const ALL = ['all', '--parallel', '2', '--sandbox', '--json'];

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

it('bakes each image once where two runs bake them all at once', { timeout: 280_000 }, async () => {
  await using one = await sandbox.project(spec);
  // Another checkout, as on another machine.
  await using two = await sandbox.project(spec);
  const results = await Promise.all([one.bake(ALL), two.bake(ALL)]);
  for (const { code, stderr } of results) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const outcomes = results.map(({ stdout }) => resultOf(stdout).outcomes);
  for (const id of IDS) {
    const both = outcomes.map((of) => of[id]);
    expect(both.map((outcome) => outcome?.status).sort(), id).toEqual(['done', 'reused']);
    expect(new Set(both.map((outcome) => outcome?.imageId)).size, id).toBe(1);
  }
  const launches = (await callsAfter(sandbox, 0)).filter(({ action }) => action === 'RunInstances');
  expect(launches).toHaveLength(IDS.length);
  const joined = results.flatMap(({ stdout }) => eventsOf(stdout)).filter(({ type }) => type === 'bake-joined');
  expect(joined.length).toBeGreaterThan(0);
  const list = JSON.parse((await one.bake(['list', '--sandbox', '--json'])).stdout);
  expect(list.images.map(({ name }: { name: string }) => name)).toHaveLength(IDS.length);
  expect(await sandbox.leftovers()).toEqual([]);
});

it('does not wait for a run that was killed here', { timeout: 280_000 }, async () => {
  await using project = await sandbox.project();
  await project.bake(['base', '--sandbox']);
  const killed = project.start(['service', 'api', '--sandbox', '--json']);
  await killed.says('"version-reserved"');
  killed.signal('SIGKILL');
  await killed.ended;
  const { code, stdout } = await project.bake(['service', 'api', '--sandbox', '--json']);
  expect(code).toBe(0);
  expect(eventsOf(stdout).filter(({ type }) => type === 'bake-joined')).toEqual([]);
  expect(resultOf(stdout).outcomes['api/x86_64']).toMatchObject({
    status: 'done',
    version: expect.stringMatching(/\.2$/),
  });
});
