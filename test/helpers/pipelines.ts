import { parse } from 'yaml';
import type { CiSystem } from '../../src/model/ci.ts';

interface Job {
  readonly needs?: readonly string[];
}

interface Task {
  readonly identifier: string;
  readonly 'depend-on'?: readonly string[];
}

/** Job → jobs that it waits for, as the file of a CI system says. */
export function needsIn(system: CiSystem, text: string): ReadonlyMap<string, readonly string[]> {
  const file = parse(text);
  if (system === 'codebuild') {
    const tasks: readonly Task[] = file.batch['build-graph'];
    return new Map(tasks.map((task) => [task.identifier, task['depend-on'] ?? []]));
  }
  const jobs: Readonly<Record<string, Job>> = system === 'github' ? file.jobs : jobsOfGitlab(file);
  return new Map(Object.entries(jobs).map(([name, { needs = [] }]) => [name, needs]));
}

function jobsOfGitlab({ stages, ...others }: Record<string, Job>): Record<string, Job> {
  if (stages === undefined) throw new Error('no stages');
  return Object.fromEntries(Object.entries(others).filter(([name]) => !name.startsWith('.')));
}

/** Who may start when all of the waves before are done; the names in each sorted. */
export function waves(needs: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const waiting = new Map(needs);
  const done = new Set<string>();
  const found: string[][] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, needed]) => needed.every((name) => done.has(name))).map(([name]) => name);
    if (ready.length === 0) throw new Error(`nothing can start: ${[...waiting.keys()].join(', ')}`);
    for (const name of ready) {
      waiting.delete(name);
      done.add(name);
    }
    found.push(ready.sort());
  }
  return found;
}
