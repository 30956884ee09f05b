import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inTurns, medianRatio, type Row } from './measure.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 15;

/** Runs node to its end; throws when that is not a good one. */
export function node(args: readonly string[], cwd = root, env: NodeJS.ProcessEnv = process.env): void {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
}

/** How long a command takes to start, against Node alone. */
export async function benchStart(): Promise<readonly Row[]> {
  const seconds = await inTurns(ROUNDS, {
    node: () => node(['-e', '0']),
    version: () => node(['dist/cli.js', '--version']),
    help: () => node(['dist/cli.js', '--help']),
    config: () => node(['dist/cli.js', 'config']),
    render: () => node(['dist/cli.js', 'render', 'api', '--packer-version', '1.6.6']),
  });
  const row = (measure: string, of: readonly number[], limit?: number): Row => ({
    measure: `${measure}, against node -e 0`,
    result: medianRatio(of, seconds.node),
    unit: '×',
    ...(limit === undefined ? {} : { limit }),
  });
  return [
    row('bake --version', seconds.version, 1.5),
    row('bake --help', seconds.help),
    row('bake config of the example', seconds.config),
    row('bake render api of the example', seconds.render),
  ];
}
