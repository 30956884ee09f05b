import { dirname } from 'node:path/posix';
import type { LayerName } from '../model/ids.ts';
import type { Layer } from '../model/image.ts';
import { BUILD_DIR, type ProvisionStep, SECRETS_DIR, SECRETS_UPLOAD, shellQuote } from './provisioning.ts';

/** Commands as the login user, on a machine to try layers on; everything below runs as root, by the builder's own runner. */
export const SHELL_COMMANDS = {
  /** Over what is there: a prompt may be open in it. */
  unpack: `sudo -n sh -c 'install -d -m 0700 ${BUILD_DIR} && tar -xpf - -C ${BUILD_DIR}'`,
  /** Into memory; a prompt may have those of the last time open. */
  secrets: `sudo -n sh -c '${[
    `grep -q " ${SECRETS_DIR} ramfs " /proc/mounts || {`,
    `install -d ${SECRETS_DIR}; mount -t ramfs -o mode=0700,nosuid,nodev,noexec bake-secrets ${SECRETS_DIR}; }`,
    `install -d -m 0700 ${dirname(SECRETS_UPLOAD)} && cat >${SECRETS_UPLOAD} && sh ${BUILD_DIR}/run.sh secrets`,
  ].join('\n')}'`,
  receive: (path: string) => `cat >${path}`,
  artifacts: `sudo -n sh ${BUILD_DIR}/run.sh artifacts`,
  pin: `sudo -n python3 ${BUILD_DIR}/package_pin.py apply`,
  /** Links to them for a prompt; a script gets them anyway. */
  volumes: `sudo -n sh ${BUILD_DIR}/run.sh volumes`,
  step: (step: ProvisionStep, layers: readonly Layer[]): string => {
    const script = step.action === 'script' ? step.script : '-';
    const at = layers.indexOf(step.layer) + 1;
    return `sudo -n sh ${BUILD_DIR}/run.sh step ${step.number} ${step.action} ${at} ${shellQuote(script)} 2>&1`;
  },
  /** In the layer's folder, or above those of all layers, with the variables, secrets and volumes that scripts find. */
  prompt: (layer: number | undefined): string => {
    const folder = layer === undefined ? BUILD_DIR : `${BUILD_DIR}/layers/${layer}`;
    const start = 'if command -v bash >/dev/null; then exec bash -i; else exec sh -i; fi';
    const secrets = `if [ -e ${BUILD_DIR}/secrets ]; then export BAKE_SECRETS=${SECRETS_DIR}; fi`;
    // A volume that the machine was launched without leaves a prompt without volumes, and says so.
    return `sudo -n sh -c 'sh ${BUILD_DIR}/run.sh volumes; cd ${folder} && . ${BUILD_DIR}/variables.sh && ${secrets} && ${start}'`;
  },
} as const;

export interface WantedSteps {
  readonly steps: readonly ProvisionStep[];
  /** Of the image, in their order. */
  readonly layers: readonly Layer[];
  /** Layers that have been run whole on this machine. */
  readonly ran: readonly LayerName[];
  /** Nothing has been done on this machine yet. */
  readonly fresh: boolean;
  /** The layer in question; absent: all of the image's. */
  readonly layer?: LayerName | undefined;
  /** Run it whole, and do not only lay its files. */
  readonly rerun: boolean;
}

/** Steps of one layer. */
export interface LayerSteps {
  readonly layer: Layer;
  readonly steps: readonly ProvisionStep[];
  /** The layer has run when they have. */
  readonly whole: boolean;
}

/**
 * What is done on the machine, layer by layer: those before the one in question as a bake runs them, unless they have
 * run; of that one everything or its files. A machine that was there is left as it is where nothing is to be run.
 */
export function stepsToTake({ steps, layers, ran, fresh, layer, rerun }: WantedSteps): readonly LayerSteps[] {
  if (!fresh && !rerun) return [];
  const of = (one: Layer, whole: boolean): LayerSteps => ({
    layer: one,
    steps: steps.filter((step) => step.layer === one && (whole || step.action === 'files')),
    whole,
  });
  if (layer === undefined) return layers.map((one) => of(one, false));
  const at = layers.findIndex(({ name }) => name === layer);
  const before = layers.slice(0, at).filter(({ name }) => !ran.includes(name));
  return [...before.map((one) => of(one, true)), ...layers.slice(at, at + 1).map((one) => of(one, rerun))];
}
