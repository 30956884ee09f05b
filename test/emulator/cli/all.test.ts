import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CliEvent, eventsOf, resultOf } from '../../helpers/cli.ts';
import { expectOneError } from '../../helpers/cli-errors.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import { hierarchy, parentsOf } from '../../helpers/hierarchy.ts';
import { callsAfter, setFaults } from '../../helpers/interference.ts';
import type { Project } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

const all = (project: Project, ...options: readonly string[]) =>
  project.bake(['all', '--sandbox', '--json', ...options]);

/** `{ done: 3, reused: 17 }`, and which were not reused. */
function counted(stdout: string) {
  const outcomes = Object.entries(resultOf(stdout).outcomes);
  const count: Record<string, number> = {};
  for (const [, { status }] of outcomes) count[status] = (count[status] ?? 0) + 1;
  return { count, changed: outcomes.flatMap(([id, { status }]) => (status === 'reused' ? [] : [id])) };
}

interface StepJson {
  readonly image: string;
  readonly action: string;
}

function stepsOf(stdout: string): readonly StepJson[] {
  const event = eventsOf(stdout).find(({ type }) => type === 'plan');
  return (event?.plan as { readonly steps: readonly StepJson[] } | undefined)?.steps ?? [];
}

const idsOf = (events: readonly CliEvent[], type: string) =>
  events.flatMap((event, at) => (event.type === type ? [[event.id as string, at] as const] : []));

describe('a hierarchy of twenty images in three levels', () => {
  const SIZES = [1, 5, 14];
  const PARENTS = parentsOf(SIZES);

  it('is baked in order, then not again, then as far as something has changed', { timeout: 600_000 }, async () => {
    await using project = await sandbox.project(hierarchy(SIZES));
    const first = await all(project, '--parallel', '4');
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(counted(first.stdout).count).toEqual({ done: 20 });
    const events = eventsOf(first.stdout);
    const started = new Map(idsOf(events, 'bake-started'));
    const finished = new Map(idsOf(events, 'bake-finished'));
    for (const [name, parent] of PARENTS) {
      if (parent === undefined) continue;
      expect(finished.get(`${parent}/x86_64`)).toBeLessThan(started.get(`${name}/x86_64`) ?? -1);
    }
    let running = 0;
    for (const { type } of events) {
      running += type === 'bake-started' ? 1 : type === 'bake-finished' ? -1 : 0;
      expect(running).toBeLessThanOrEqual(4);
    }
    await expectParents(first.stdout);
    expect(await sandbox.leftovers()).toEqual([]);

    const before = (await callsAfter(sandbox, 0)).at(-1)?.n ?? 0;
    const second = await all(project);
    expect(counted(second.stdout)).toEqual({ count: { reused: 20 }, changed: [] });
    const calls = (await callsAfter(sandbox, before)).map(({ region, action }) => `${region} ${action}`);
    expect(calls.length, calls.join()).toBeLessThanOrEqual(3);

    await project.write('layers/l2-7/files/etc/bake-l2-7', 'other\n');
    const third = await all(project);
    expect(counted(third.stdout)).toEqual({ count: { reused: 19, done: 1 }, changed: ['l2-7/x86_64'] });

    await project.write('layers/l0-0/files/etc/bake-l0-0', 'other\n');
    const { stdout } = await all(project, '--dry-run');
    expect(stepsOf(stdout).map(({ action }) => action)).toEqual(Array.from({ length: 20 }, () => 'bake'));
  });

  /** Each image says that it stands on the very AMI that its parent became. */
  async function expectParents(stdout: string) {
    const { outcomes } = resultOf(stdout);
    const { Images = [] } = await sandbox.ec2().send(new DescribeImagesCommand({ Owners: ['self'] }));
    const parents = Images.map(({ ImageId, Tags = [] }) => {
      return [ImageId, Tags.find(({ Key }) => Key === 'bake:parent-ami')?.Value] as const;
    });
    const wanted = [...PARENTS].map(([name, parent]) => {
      return [outcomes[`${name}/x86_64`]?.imageId, parent && outcomes[`${parent}/x86_64`]?.imageId] as const;
    });
    expect(new Map(parents)).toEqual(new Map(wanted));
  }
});

// base ── a ── a1, base ── b
const IMAGES = {
  base: { source: 'debian:12', layers: ['os'] },
  a: { parent: 'base', layers: ['a'] },
  a1: { parent: 'a', layers: ['a1'] },
  b: { parent: 'base', layers: ['b'] },
  'b-old': { parent: 'base', layers: ['old'] },
};
const LAYERS = Object.fromEntries(
  ['os', 'a', 'a1', 'b', 'old'].map((layer) => [layer, { [`files/etc/bake-${layer}`]: 'one\n' }]),
);
const FIVE = { images: IMAGES, layers: LAYERS };

describe('when an image in the middle fails', () => {
  async function failing(mode: string, project: Project) {
    const match = { action: 'CreateImage', parameters: { Name: '*/a/*' } };
    await setFaults(sandbox, [{ match, do: { fail: { code: 'InternalError', status: 400 } } }]);
    const { code, stdout } = await all(project, '--on-failure', mode);
    await setFaults(sandbox, []);
    const { outcomes } = resultOf(stdout);
    const short = Object.entries(outcomes).map(([id, { status }]) => [id.replace('/x86_64', ''), status]);
    return { code, stdout, outcomes: Object.fromEntries(short) };
  }

  it('finishes the others, or starts nothing more; the next run makes up for it', { timeout: 300_000 }, async () => {
    await using project = await sandbox.project(FIVE);
    const stopped = await failing('stop', project);
    expect(stopped.code).toBe(1);
    expect(stopped.outcomes).toMatchObject({ base: 'done', a: 'failed', a1: 'cancelled', b: 'cancelled' });
    const finished = await failing('finish-independent', project);
    expect(finished.code).toBe(1);
    expect(finished.outcomes).toEqual({ base: 'reused', a: 'failed', a1: 'cancelled', b: 'done', 'b-old': 'done' });
    expect(finished.stdout).toContain('"code":"others-not-baked"');
    const { code, stdout } = await all(project);
    expect(code).toBe(0);
    expect(counted(stdout)).toEqual({ count: { done: 2, reused: 3 }, changed: ['a/x86_64', 'a1/x86_64'] });
    expect(await sandbox.leftovers()).toEqual([]);
  });

  it('keeps going on the newest good version of what failed', { timeout: 300_000 }, async () => {
    await using project = await sandbox.project(FIVE);
    const { outcomes: old } = resultOf((await all(project)).stdout);
    await project.write('layers/a/files/etc/bake-a', 'two\n');
    await project.write('layers/a1/files/etc/bake-a1', 'two\n');
    const { code, stdout, outcomes } = await failing('keep-going', project);
    expect(code).toBe(1);
    expect(outcomes).toEqual({ base: 'reused', a: 'failed', a1: 'done', b: 'reused', 'b-old': 'reused' });
    const { imageId, version } = old['a/x86_64'] ?? {};
    expect(stdout).toContain(`it is baked on a ${version} (${imageId}), since a/x86_64 was not baked`);
  });
});

describe('what is chosen', () => {
  const planned = async (project: Project, ...options: readonly string[]) => {
    const { code, stdout, stderr } = await all(project, '--dry-run', ...options);
    expect(code, stderr + stdout).toBe(0);
    return stepsOf(stdout).map(({ image }) => image);
  };

  it('by name, by glob, by what has changed in Git', { timeout: 120_000 }, async () => {
    await using project = await sandbox.project(FIVE);
    expect(await planned(project)).toEqual(['base', 'a', 'a1', 'b', 'b-old']);
    expect(await planned(project, 'b*', '--except', '*-old')).toEqual(['base', 'b']);
    expect(await planned(project, '--except', 'a')).toEqual(['base', 'b', 'b-old']);

    const git = (...args: string[]) =>
      execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: project.dir });
    const since = await all(project, '--dry-run', '--changed-since', 'HEAD');
    expect(since.code).toBe(2);
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'first');
    expect(await planned(project, '--changed-since', 'HEAD')).toEqual([]);
    await project.write('layers/a/files/etc/bake-a', 'two\n');
    expect(await planned(project, '--changed-since', 'HEAD')).toEqual(['base', 'a', 'a1']);
    expect(await planned(project, 'b*', '--changed-since', 'HEAD')).toEqual([]);
    await git('rm', '--quiet', '--cached', 'bake.config.json');
    await git('commit', '--quiet', '-m', 'no configuration');
    expect(await planned(project, '--changed-since', 'HEAD')).toHaveLength(5);
    expect((await git('status', '--porcelain', '--', 'layers')).stdout).toBe(' M layers/a/files/etc/bake-a');
  });

  it.each([
    ['a pattern that fits nothing', ['wrker*'], /"wrker\*" fits no image/],
    ['nothing left', ['a1', '--except', 'base'], /no image is left of a1 --except base/],
    ['no number', ['--parallel', '0'], /"0" is not a number of builders/],
    ['an architecture that nothing is made for', ['--arch', 'arm64'], /no image is made for arm64/],
    ['a revision that is not there', ['--changed-since', 'nowhere'], /in no Git checkout/],
  ])('refuses %s', async (_, options, says) => {
    await using project = await sandbox.project(FIVE);
    const { code, stderr } = await project.bake(['all', '--sandbox', ...options]);
    expect(code).toBe(2);
    expectOneError(stderr, says);
  });
});
