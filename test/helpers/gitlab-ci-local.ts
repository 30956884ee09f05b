import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Project } from './project.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('gitlab-ci-local'));

/** It is made for Node 22; this is all that it misses on Node 20. */
const UNION = 'Set.prototype.union ??= function (other) { return new Set([...this, ...other]); }';

export interface PipelineRun {
  readonly code: number | undefined;
  /** What it and its jobs said. */
  readonly text: string;
}

/** Runs a project's child pipeline on this machine: each job as a shell in the checkout, as soon as those that it needs are done. */
export async function runPipeline(
  project: Project,
  file: string,
  env: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<PipelineRun> {
  // For containers it copies what is tracked. There are none here, but it makes the copy first.
  await project.program('rsync', '#!/bin/sh\nexit 0\n');
  await commitAll(project);
  const pipeline = ['--file', file, '--force-shell-executor', '--variable', 'CI_PIPELINE_SOURCE=parent_pipeline'];
  const quiet = ['--ignore-predefined-vars', 'CI_PIPELINE_SOURCE', '--color=false'];
  const args = [
    `--import=data:text/javascript,${encodeURIComponent(UNION)}`,
    PROGRAM,
    ...pipeline,
    ...quiet,
    ...options,
  ];
  const { exitCode, all } = await execa(process.execPath, args, {
    cwd: project.dir,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ...project.env, ...env },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: 280_000,
  });
  return { code: exitCode, text: all };
}

/** It runs in checkouts that have a remote, and asks git for both. */
async function commitAll({ dir, env }: Project): Promise<void> {
  const git = (...args: string[]) => execa('git', args, { cwd: dir, env: { ...env } });
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'remote.origin.url', 'https://gitlab.example.com/acme/images.git');
  await git('add', '--all');
  const author = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.com'];
  await git(...author, 'commit', '--quiet', '--allow-empty', '--message', 'The graph');
}
