import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { resultOf } from '../../helpers/cli.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { Project } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

const bakes = (project: Project, count: number, ...options: string[]) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const { code, stdout, stderr } = await project.bake(['service', 'api', '--sandbox', '--json', ...options]);
      return { code, stderr, ...resultOf(stdout).outcomes['api/x86_64'] };
    }),
  );

const nameOf = ({ Name = '' }) => Name;
const apis = async () => {
  const query = { Owners: ['self'], Filters: [{ Name: 'name', Values: ['acme/api/*'] }] };
  const { Images = [] } = await sandbox.ec2().send(new DescribeImagesCommand(query));
  return Images.map(nameOf).sort();
};

it.each([2, 10])(
  'gives each of %i bakes at once a version or the image of another',
  { timeout: 300_000 },
  async (n) => {
    await using project = await sandbox.project();
    await project.bake(['base', '--sandbox']);
    const results = await bakes(project, n);
    for (const { code, stderr } of results) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const versions = results.flatMap(({ status, version }) => (status === 'done' ? [version] : []));
    expect(versions.length).toBeGreaterThan(0);
    expect(new Set(versions).size).toBe(versions.length);
    const reused = results.flatMap(({ status, version }) => (status === 'reused' ? [version] : []));
    expect(versions).toEqual(expect.arrayContaining(reused));

    const names = await apis();
    expect(names).toEqual(versions.map((version) => `acme/api/${version}-x86_64`).sort());
    expect(await sandbox.leftovers()).toEqual([]);
    const list = JSON.parse((await project.bake(['list', 'api', '--sandbox', '--json'])).stdout);
    expect(list.images.map(nameOfRow).sort()).toEqual(names);
    expect(new Set(list.images.map(stateOfRow))).toEqual(new Set(['available']));
  },
);

const nameOfRow = (row: { name: string }) => row.name;
const stateOfRow = (row: { state: string }) => row.state;

it('lets one of two bakes have a version that both are given', async () => {
  await using project = await sandbox.project();
  await project.bake(['base', '--sandbox']);
  const results = await bakes(project, 2, '--version', '2.0.0', '--force');
  expect(results.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(results.find(({ code }) => code === 1)?.error).toMatchObject({ code: 'version-taken' });
  expect(await apis()).toEqual(['acme/api/2.0.0-x86_64']);
  expect(await sandbox.leftovers()).toEqual([]);
});
