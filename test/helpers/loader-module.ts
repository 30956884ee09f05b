import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageFile } from '../../src/setup/paths.ts';

const run = promisify(execFile);

export const LOADER = packageFile('templates', 'region-config', 'loader.py');

/** What an expression is where the loader is the module `loader`, after a setup; a Failure is `{ reason, detail }`. */
export async function inLoader(expression: string, data: unknown = null, setup = ''): Promise<unknown> {
  const program = [
    'import json, sys',
    'from importlib.machinery import SourceFileLoader',
    `loader = SourceFileLoader("loader", ${JSON.stringify(LOADER)}).load_module()`,
    'data = json.loads(sys.argv[1])',
    setup,
    'try:',
    `    answer = ${expression}`,
    'except loader.Failure as failure:',
    '    answer = {"reason": failure.reason, "detail": failure.detail}',
    'print(json.dumps(answer))',
  ];
  const args = ['-B', '-W', 'ignore', '-c', program.join('\n'), JSON.stringify(data)];
  return JSON.parse((await run('python3', args)).stdout);
}
