import { connect } from 'node:net';
import { BakeError } from '../model/errors.ts';
import type { SandboxInfo } from '../sandbox/sandbox.ts';

const INTERVAL = 1_000;

/**
 * Aborted with `sandbox-gone` once nothing listens where the sandbox was. Packer would ask on for as long as an AMI may
 * take: at AWS a refused connection passes by, here it is the end.
 */
export function watchSandbox({ endpoint, log }: SandboxInfo): AbortSignal {
  const lost = new AbortController();
  const { hostname, port } = new URL(endpoint);
  const timer = setInterval(() => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => socket.destroy());
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNREFUSED') return;
      clearInterval(timer);
      lost.abort(sandboxGone(endpoint, log));
    });
  }, INTERVAL);
  timer.unref();
  return lost.signal;
}

function sandboxGone(endpoint: string, log: string): BakeError {
  return new BakeError({
    code: 'sandbox-gone',
    message: `the sandbox at ${endpoint} ended during the bake`,
    hint: `Run the same command again: it starts the sandbox and goes on with what there is. The sandbox's log: ${log}`,
    blame: 'tool',
  });
}
