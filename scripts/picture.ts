// The terminal in README: what the command line shows of the example in a pseudo-terminal, against the emulator. Nothing
// in it is written by hand but the prompt. `npm run picture` makes it anew.
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliSandbox } from '../test/helpers/cli-sandbox.ts';
import { TerminalCli } from '../test/helpers/terminal.ts';
import { svgOf } from './svg.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PICTURE = join(root, 'docs/images/terminal.svg');
const TITLE = 'A terminal in which bake bakes a service, says why it would bake it again, and promotes it';
/** As the terminal of the tests has it. */
const SCREEN = { columns: 120, rows: 40 };

const sandbox = await CliSandbox.up('--no-machines');
const project = await sandbox.project();
let output = '';

/** Runs it as somebody at the terminal would see it. */
async function show(...args: readonly string[]): Promise<void> {
  const cli = new TerminalCli(args, project.dir, { ...project.env, BAKE_SANDBOX: '1', TERM: 'xterm-256color' });
  const code = await cli.ended;
  if (code !== 0) throw new Error(`bake ${args.join(' ')}: exit code ${code}\n${cli.shown}`);
  output += `\u001b[2m$\u001b[0m \u001b[1mbake ${args.join(' ')}\u001b[0m\r\n${cli.shown}\r\n`;
}

try {
  for (const name of ['bake.config.ts', 'layers', 'region-config']) {
    await cp(join(root, name), join(project.dir, name), { recursive: true });
  }
  const { code, stdout, stderr } = await project.bake(['base', '--sandbox']);
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
  await show('service', 'api');
  await show('promote', 'api', '--to', 'staging', '--yes');
  await project.write('layers/api/files/etc/motd', 'flags\n');
  await show('why', 'api');
  if (output.includes(project.root)) throw new Error(`it names a folder of this machine:\n${output}`);
  await writeFile(PICTURE, await svgOf(output, SCREEN, TITLE));
} finally {
  await project[Symbol.asyncDispose]();
  await sandbox.down();
}
