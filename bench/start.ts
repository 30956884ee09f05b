// How long a command takes to start, against Node alone. `npm run bench` builds first.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { medianSeconds, printRatios } from './measure.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const RUNS = 9;

const commands: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'bake --version': ['dist/cli.js', '--version'],
  'bake --help': ['dist/cli.js', '--help'],
  'bake config': ['dist/cli.js', 'config'],
  'bake render api': ['dist/cli.js', 'render', 'api', '--packer-version', '1.6.6'],
};

const measured = [];
for (const [name, args] of Object.entries(commands)) {
  const seconds = await medianSeconds(RUNS, () => {
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
  });
  measured.push({ name, seconds });
}
printRatios('start of a command', measured);
