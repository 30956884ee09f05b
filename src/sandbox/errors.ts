import { BakeError } from '../model/errors.ts';

export function officialImageUnusable(url: string, problem: string): BakeError {
  return new BakeError({
    code: 'official-image-unusable',
    message: `${url}: ${problem}`,
    hint: 'Name another image in sandbox.images of the configuration, and report it: this bake knows an older one.',
    blame: 'tool',
  });
}

const CORRECT = 'Correct sandbox.images in the configuration';

export function sandboxImageMissing(alias: string, file: string, cause: unknown): BakeError {
  return new BakeError({
    code: 'sandbox-image-missing',
    message: `the sandbox's image of ${alias} cannot be read: ${file}`,
    hint: `${CORRECT}, or put the image there.`,
    blame: 'user',
    cause,
  });
}

export function sandboxImageChecksum(alias: string, problem: string): BakeError {
  return new BakeError({
    code: 'checksum-mismatch',
    message: `the sandbox's image of ${alias} is not the one that its checksum is of: ${problem}`,
    hint: `${CORRECT}: the checksum from the publisher's list for this very file. What a URL with "latest" or "current" leads to changes.`,
    blame: 'user',
  });
}

export function sandboxImageUnusable(alias: string, name: string, problem: string, cause?: unknown): BakeError {
  return new BakeError({
    code: 'sandbox-image-unusable',
    message: `the sandbox cannot boot ${name} as ${alias}: ${problem}`,
    hint: `${CORRECT}: a whole disk as qcow2, raw, VMDK or VHD, such as a publisher's cloud image; unpack .xz, .gz and .zip first.`,
    blame: 'user',
    cause,
  });
}

export function sandboxFailed(log: string, problem: string, output: readonly string[]): BakeError {
  return new BakeError({
    code: 'sandbox-failed',
    message: `the sandbox did not start: ${problem}`,
    details: output,
    hint: `The whole log is ${log}.`,
    blame: 'tool',
  });
}

export function sandboxStuck(pid: number, log: string, seconds: number): BakeError {
  return new BakeError({
    code: 'sandbox-stuck',
    message: `the sandbox, process ${pid}, did not stop within ${seconds} s`,
    hint: `Look into ${log}, then end it with \`kill -9 ${pid}\`.`,
    blame: 'tool',
  });
}

export function sandboxWithoutMachines(project: string): BakeError {
  return new BakeError({
    code: 'sandbox-without-machines',
    message: `the sandbox of ${project} is up without machines`,
    hint: 'Stop it with `bake sandbox down`, then start it with `bake sandbox up --machines`.',
    blame: 'user',
  });
}

export function machinesUnavailable(cause: BakeError): BakeError {
  return new BakeError({
    code: 'machines-unavailable',
    message: `the sandbox cannot run machines here: ${cause.message}`,
    details: cause.details,
    hint: `${cause.hint ?? ''}\nOr go on without machines, with \`bake sandbox up --no-machines\`: everything but booting works.`.trimStart(),
    blame: 'user',
    cause,
  });
}

export function sandboxAnswer(endpoint: string, call: string, problem: string): BakeError {
  return new BakeError({
    code: 'sandbox-failed',
    message: `the sandbox at ${endpoint} did not answer ${call}: ${problem}`,
    hint: 'Restart it with `bake sandbox down` and `bake sandbox up`.',
    blame: 'tool',
  });
}
