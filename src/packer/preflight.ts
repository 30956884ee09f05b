import { execa } from 'execa';
import { BakeError } from '../model/errors.ts';
import { type Capabilities, capabilitiesOf, OLDEST_PACKER } from './capabilities.ts';
import { packerEnvironment } from './environment.ts';
import { parseMachineLine } from './machine-readable.ts';

export interface FoundPacker {
  readonly executable: string;
  readonly version: string;
  readonly capabilities: Capabilities;
}

/** Milliseconds; a `packer` that hangs on `version` is not one. */
const PROBE_LIMIT = 20_000;

/**
 * The version by Packer's own machine-readable answer, since `packer` may also be cracklib's. Undefined when the
 * executable is missing or gives no such answer.
 */
export async function packerVersion(executable: string, signal?: AbortSignal): Promise<string | undefined> {
  const result = await execa(executable, ['version', '-machine-readable'], {
    reject: false,
    stdin: 'ignore',
    timeout: PROBE_LIMIT,
    forceKillAfterDelay: 1_000,
    env: packerEnvironment(process.env, {}),
    extendEnv: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const lines = (result.stdout ?? '').split('\n').map(parseMachineLine);
  return lines.find((line) => line?.type === 'version')?.data[0];
}

/** Throws `packer-missing` or `packer-too-old`. */
export async function findPacker(executable = 'packer', signal?: AbortSignal): Promise<FoundPacker> {
  const version = await packerVersion(executable, signal);
  if (version === undefined) {
    throw new BakeError({
      code: 'packer-missing',
      message: `no working Packer: \`${executable} version -machine-readable\` names no version`,
      hint: 'bake doctor shows what is missing; bake sandbox up installs it.',
      blame: 'tool',
    });
  }
  const capabilities = capabilitiesOf(version);
  if (capabilities === undefined) {
    throw new BakeError({
      code: 'packer-too-old',
      message: `Packer ${version} cannot run these templates`,
      hint: `Install Packer ${OLDEST_PACKER} or later.`,
      blame: 'tool',
    });
  }
  return { executable, version, capabilities };
}
