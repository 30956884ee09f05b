import { describe, expect, it } from 'vitest';
import { run } from '../../src/setup/process.ts';

describe('run', () => {
  it('passes arguments as they are and reports every line', async () => {
    const lines: string[] = [];
    await run('sh', ['-c', 'echo "$1"; echo err >&2', 'sh', '$(id); "x"'], { onLine: (line) => lines.push(line) });
    expect(lines.sort()).toEqual(['$(id); "x"', 'err']);
  });

  it('shows the command, the exit code and the last lines of a failure', async () => {
    await expect(run('sh', ['-c', 'seq 30; exit 3'])).rejects.toMatchObject({
      code: 'command-failed',
      message: "sh -c 'seq 30; exit 3' exited with 3",
      details: Array.from({ length: 15 }, (_, index) => String(index + 16)),
    });
  });

  it('says that a program is not there', async () => {
    await expect(run('no-such-program', [])).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('no-such-program'),
    });
  });

  it('ends the program when told to, and throws why', async () => {
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    const onLine = () => stop.abort(reason);
    await expect(run('sh', ['-c', 'echo up; exec sleep 60'], { signal: stop.signal, onLine })).rejects.toBe(reason);
  });
});
