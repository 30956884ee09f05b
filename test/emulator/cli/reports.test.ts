import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RunReport } from '../../../src/model/run-report.ts';
import { eventsOf, resultOf } from '../../helpers/cli.ts';
import { fakePacker } from '../../helpers/cli-packers.ts';
import { CliSandbox } from '../../helpers/cli-sandbox.ts';
import type { Project } from '../../helpers/project.ts';

let sandbox: CliSandbox;
beforeAll(async () => {
  sandbox = await CliSandbox.up('--no-machines');
});
afterAll(() => sandbox.down());
beforeEach(() => sandbox.reset());

const API = ['service', 'api', '--with-parents', '--sandbox'];
const REPORTS = ['--report', 'out/run.json', '--junit', 'out/junit.xml'];
const reportOf = async (project: Project): Promise<RunReport> => JSON.parse(await project.read('out/run.json'));
/** As in a step of GitHub Actions, which makes the file of the summary. */
const onGithub = async (project: Project) => {
  await project.write('summary.md', 'before\n');
  return { CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(project.dir, 'summary.md') };
};

it('leaves a report, JUnit XML and a summary of what was baked', async () => {
  await using project = await sandbox.project();
  const { code, stdout, stderr } = await project.bake([...API, ...REPORTS, '--json'], await onGithub(project));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = await reportOf(project);
  expect(report).toMatchObject({
    version: 1,
    command: 'bake service',
    ok: true,
    totals: { done: 2, reused: 0, failed: 0, cancelled: 0, open: 0 },
    cost: { verified: false, withoutPrice: [] },
  });
  expect(Object.fromEntries(report.images.map(({ id, outcome }) => [id, outcome]))).toEqual(resultOf(stdout).outcomes);
  expect(report.images.map(({ level }) => level)).toEqual([0, 1]);
  expect(report.images[0]?.stages.map(({ stage }) => stage.name)).toEqual(
    expect.arrayContaining(['reserve', 'launch', 'snapshot', 'tags']),
  );
  expect(eventsOf(stdout).find(({ type }) => type === 'plan')).toMatchObject({ plan: report.plan });

  expect(await project.read('out/junit.xml')).toMatch(
    /<testcase classname="level 1: service images" name="api\/x86_64"/,
  );
  const summary = await project.read('summary.md');
  expect(summary).toMatch(/^before\n### bake service: 2 done\n/);
  expect(summary).toContain(`| ${resultOf(stdout).outcomes['api/x86_64']?.imageId} | never baked |`);
});

it('reports what failed, what was cancelled because of it, and annotates it', async () => {
  await using project = await sandbox.project();
  await fakePacker(project, 'exit 1');
  const { code, stderr } = await project.bake([...API, ...REPORTS], await onGithub(project));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^\d\d:\d\d:\d\d \[1\/2\] base\/x86_64 failed after /m);
  expect(stderr).toMatch(/^::error title=base\/x86_64 failed::base\/x86_64: .*%0A→ /m);
  expect((await reportOf(project)).totals).toMatchObject({ failed: 1, cancelled: 1 });
  const xml = await project.read('out/junit.xml');
  expect(xml).toMatch(/<failure message="base\/x86_64: .*" type="packer-failed">/);
  expect(xml).toContain('<skipped message="base/x86_64 was not baked"/>');
  expect(await project.read('summary.md')).toMatch(
    /### bake service: 1 failed, 1 cancelled\n[\s\S]*\*\*base\/x86&#95;64\*\*/,
  );
});

it('reports a run that is interrupted, and one that never had a plan', async () => {
  await using project = await sandbox.project();
  await fakePacker(project, 'echo hanging\nexec sleep 1000');
  const bake = project.start([...API, ...REPORTS, '--json']);
  await bake.says('hanging');
  expect(await project.read('out/run.json')).toBe('');
  bake.signal('SIGINT');
  expect(await bake.ended).toMatchObject({ code: 130 });
  expect(await reportOf(project)).toMatchObject({
    exitCode: 130,
    error: { code: 'interrupted' },
    totals: { cancelled: 2 },
    images: [{ id: 'base/x86_64', outcome: { because: 'stopped by SIGINT' } }, { id: 'api/x86_64' }],
  });

  await project.write('bake.config.json', '{');
  expect(await project.bake([...API, ...REPORTS])).toMatchObject({ code: 2 });
  expect(await reportOf(project)).toMatchObject({ exitCode: 2, plan: null, images: [], project: null });
});

it('shows what a dry run would do', async () => {
  await using project = await sandbox.project();
  expect(await project.bake([...API, ...REPORTS, '--dry-run'])).toMatchObject({ code: 0 });
  const { images, totals, run } = await reportOf(project);
  expect({ totals, run }).toMatchObject({ totals: { open: 2 }, run: null });
  expect(images.map(({ outcome, reason }) => [outcome, reason?.why])).toEqual(Array(2).fill([null, 'never-baked']));
});

it('warns before it bakes of a report that cannot be written, and bakes', async () => {
  await using project = await sandbox.project();
  const { code, stdout } = await project.bake(['base', '--sandbox', '--json', '--report', 'bake.config.json/run.json']);
  expect(code).toBe(0);
  const events = eventsOf(stdout).filter(({ type }) => type !== 'output');
  expect(events[0]).toMatchObject({ type: 'warning', warning: { code: 'report-not-written' } });
  expect(events.at(-2)).toMatchObject({ type: 'warning', warning: { code: 'report-not-written' } });
});
