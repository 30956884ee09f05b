// A hierarchy of a hundred images in four levels on the emulator: `bake all` against the same templates given to bare
// `packer build` by `xargs -P 8`, in turns (A B B A), and what a run costs in which little or nothing has changed.
// `--sizes 1,5,14` makes it smaller, `--turns AB` shorter.
import { readdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { ensureTool } from '../src/setup/ensure-tools.ts';
import { resultOf } from '../test/helpers/cli.ts';
import { CliSandbox } from '../test/helpers/cli-sandbox.ts';
import { hierarchy, levelsOf, parentsOf } from '../test/helpers/hierarchy.ts';
import { callsAfter } from '../test/helpers/interference.ts';
import { bareBuilds, prepareBare } from './all/bare.ts';
import { cpuOf, cpuOfChildren } from './promotion/cpu.ts';

const PARALLEL = 8;
const sizes = (argument('--sizes') ?? '1,9,30,60').split(',').map(Number);
const turns = argument('--turns') ?? 'ABBA';

function argument(name: string): string | undefined {
  const position = process.argv.indexOf(name);
  return position < 0 ? undefined : process.argv[position + 1];
}

const say = (text: string) => process.stdout.write(`${text} (load ${(loadavg()[0] ?? 0).toFixed(1)})\n`);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const packer = await ensureTool('packer');
const sandbox = await CliSandbox.up('--no-machines');
const project = await sandbox.project(hierarchy(sizes));
project.patience = 3_600_000;

/** Runs `bake all`: calls to AWS, and how many images had which outcome. */
async function bakeAll(...options: readonly string[]) {
  const before = (await callsAfter(sandbox, 0)).at(-1)?.n ?? 0;
  const { code, stdout, stderr } = await project.bake(['all', '--sandbox', '--json', ...options]);
  if (code !== 0) throw new Error(stderr + stdout.slice(-2000));
  const counts: Record<string, number> = {};
  for (const { status } of Object.values(resultOf(stdout).outcomes)) counts[status] = (counts[status] ?? 0) + 1;
  return { calls: (await callsAfter(sandbox, before)).length, counts: JSON.stringify(counts) };
}

/** Seconds of the wall clock and of processors: of the tool with its Packers, and of the emulator. */
async function measured<T>(act: () => Promise<T>) {
  const before = { wall: performance.now(), tool: cpuOfChildren(), emulator: cpuOf(sandbox.status.pid) };
  const result = await act();
  const wall = (performance.now() - before.wall) / 1000;
  const tool = cpuOfChildren() - before.tool;
  const emulator = cpuOf(sandbox.status.pid) - before.emulator;
  const text = `${wall.toFixed(1)} s; processors ${tool.toFixed(1)} s, the emulator's ${emulator.toFixed(1)} s`;
  return { result, wall, cpu: tool + emulator, text };
}

const runs = join(project.dir, '.bake/runs');
const newestRun = async () => join(runs, (await readdir(runs)).sort().at(-1) ?? '');

try {
  const images = sizes.reduce((sum, size) => sum + size, 0);
  say(`${images} images in ${sizes.length} levels, Packer ${packer.version}, ${PARALLEL} at once`);
  const wall: Record<string, number[]> = { A: [], B: [] };
  const cpu: Record<string, number[]> = { A: [], B: [] };
  let rendered = '';
  for (const [number, turn] of [...turns].entries()) {
    await sandbox.reset();
    if (turn === 'A') {
      const run = await measured(() => bakeAll('--parallel', `${PARALLEL}`));
      rendered = await newestRun();
      wall.A?.push(run.wall);
      cpu.A?.push(run.cpu);
      say(`bake all       ${run.text}; ${run.result.calls} calls by bake and Packer, ${run.result.counts}`);
    } else {
      const folder = join(project.root, `bare-${number}`);
      const shape = { levels: levelsOf(sizes), parents: parentsOf(sizes) };
      const work = { rendered, folder, packer: packer.path, parallel: PARALLEL, ...shape };
      await prepareBare(work);
      const run = await measured(() => bareBuilds(work));
      wall.B?.push(run.wall);
      cpu.B?.push(run.cpu);
      say(`packer, xargs  ${run.text}`);
    }
  }
  const ratio = ({ A = [], B = [] }: Record<string, number[]>) => (mean(A) / mean(B)).toFixed(2);
  say(`ratio          wall ${ratio(wall)}, processors ${ratio(cpu)}`);

  if (turns.endsWith('A')) {
    for (let n = 0; n < 3; n++) {
      const { text, result } = await measured(() => bakeAll());
      say(`nothing changed  ${text}; ${result.calls} calls, ${result.counts}`);
    }
    const leaf = levelsOf(sizes).at(-1)?.at(-1) ?? '';
    await project.write(`layers/${leaf}/files/etc/bake-${leaf}`, 'other\n');
    const one = await measured(() => bakeAll());
    say(`a leaf changed   ${one.text}; ${one.result.calls} calls, ${one.result.counts}`);
    await project.write('layers/l0-0/files/etc/bake-l0-0', 'other\n');
    const every = await measured(() => bakeAll('--parallel', `${PARALLEL}`));
    say(`base changed     ${every.text}; ${every.result.calls} calls, ${every.result.counts}`);
  }
} finally {
  await project[Symbol.asyncDispose]();
  await sandbox.down();
}
