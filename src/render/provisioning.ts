import type { AnsibleStep, Layer, LayerFile, PackerStep, Variables } from '../model/image.ts';
import { environmentName, variableText } from '../model/variable-text.ts';
import type { Volume } from '../model/volume.ts';

/** One line of the builder's `steps` file; numbers start at 1 and are what the builder reports. */
export type ProvisionStep =
  | { readonly number: number; readonly layer: Layer; readonly action: 'files' | 'owners' | 'reboot' }
  | { readonly number: number; readonly layer: Layer; readonly action: 'script'; readonly script: string }
  | OutsideStep;

/** What Packer does by another provisioner than that of scripts, with the runner only before and after it. */
export type OutsideStep = { readonly number: number; readonly layer: Layer } & (
  | { readonly action: 'ansible'; readonly step: AnsibleStep }
  | { readonly action: 'packer'; readonly step: PackerStep }
);

export const isOutside = (step: ProvisionStep): step is OutsideStep =>
  step.action === 'ansible' || step.action === 'packer';

/** What a step runs, by its path in the layer; undefined for a step that runs nothing of the layer's. */
export function sourceOf(step: ProvisionStep): string | undefined {
  switch (step.action) {
    case 'script':
      return step.script;
    case 'ansible':
      return step.step.playbook;
    case 'packer':
      return step.step.source;
    default:
      return undefined;
  }
}

/** `10-web.sh`, `ansible/site.yml`, `reboot`: for people, beside the layer's name. */
export const shortName = (step: ProvisionStep): string => sourceOf(step)?.replace(/^scripts\//, '') ?? step.action;

/** `layers/web/scripts/10-web.sh`, `layers/web: owners`. */
export function placeOf(step: ProvisionStep): string {
  const source = sourceOf(step);
  return `layers/${step.layer.name}${source === undefined ? `: ${step.action}` : `/${source}`}`;
}

/** Where the payload is unpacked on the builder. */
export const BUILD_DIR = '/var/lib/bake-build';

/** Per layer: its files, its scripts and reboots in order, then the owners that its scripts may have created. */
export function provisionSteps(layers: readonly Layer[]): readonly ProvisionStep[] {
  const steps: ProvisionStep[] = [];
  for (const layer of layers) {
    if (layer.files.length > 0) steps.push({ number: steps.length + 1, layer, action: 'files' });
    for (const step of layer.steps) {
      const number = steps.length + 1;
      switch (step.kind) {
        case 'reboot':
          steps.push({ number, layer, action: 'reboot' });
          break;
        case 'script':
          steps.push({ number, layer, action: 'script', script: machineName(step.source, step.template) });
          break;
        case 'ansible':
          steps.push({ number, layer, action: step.kind, step });
          break;
        case 'packer':
          steps.push({ number, layer, action: step.kind, step });
      }
    }
    if (layer.files.some(ownedByOther)) steps.push({ number: steps.length + 1, layer, action: 'owners' });
  }
  return steps;
}

const ownedByOther = (file: LayerFile) => file.owner !== 'root' || file.group !== 'root';

/** A template's name on the machine lacks the `.hbs`. */
export const machineName = (source: string, template: boolean) => (template ? source.replace(/\.hbs$/, '') : source);

/** Tab-separated: number, action, layer's position, script. Names with control characters are refused on reading a layer. */
export function stepsFile(steps: readonly ProvisionStep[], layers: readonly Layer[]): string {
  return steps
    .map((step) => {
      const script = step.action === 'script' ? step.script : '-';
      return `${[step.number, step.action, layers.indexOf(step.layer) + 1, script].join('\t')}\n`;
    })
    .join('');
}

/** Tab-separated: owner, group, mode, path; only what is not root's, since the archive has the rest right. */
export function ownersFile(layer: Layer): string {
  return layer.files
    .filter(ownedByOther)
    .map((file) => `${[file.owner, file.group, file.mode, file.path].join('\t')}\n`)
    .join('');
}

/** Where scripts find the block devices of the image's volumes, by name. */
export const VOLUMES_DIR = '/run/bake/volumes';

/** Tab-separated: name, device as EC2 calls it; of those that a builder has. */
export const volumesFile = (volumes: readonly Volume[]): string =>
  volumes.map(({ name, device }) => `${name}\t${device}\n`).join('');

/** Where scripts find the image's secrets. */
export const SECRETS_DIR = '/run/bake/secrets';

/** Where an archive of them is uploaded to: in memory already, and the login user's until the runner takes it. */
export const SECRETS_UPLOAD = `${SECRETS_DIR}/upload/secrets.tar`;

/**
 * What happens before each upload, which is before the first run of the shell provisioner after each start of the machine,
 * as a restart ends what is in memory.
 * A ramfs is never swapped to a disk, as a tmpfs may be.
 */
export const SECRETS_MOUNT: readonly string[] = [
  `sudo -n install -d -m 0755 /run/bake ${SECRETS_DIR}`,
  `sudo -n mount -t ramfs -o mode=0711,nosuid,nodev,noexec bake-secrets ${SECRETS_DIR}`,
  `sudo -n install -d -m 0700 -o "$(id -u)" ${SECRETS_DIR}/upload`,
];

/** A run of one of Packer's provisioners. That of the shell ends where the machine restarts, or another one takes over. */
export type Segment =
  | {
      readonly kind: 'shell';
      readonly commands: readonly string[];
      readonly reboots: boolean;
      /** The first since the machine has started. */
      readonly isFresh: boolean;
    }
  | { readonly kind: 'outside'; readonly step: OutsideStep };

/** Only numbers of ours stand in the commands: layer and script names are users' strings. */
export function segments(steps: readonly ProvisionStep[]): readonly Segment[] {
  const run = (...words: (string | number)[]) => `sudo -n sh ${[`${BUILD_DIR}/run.sh`, ...words].join(' ')}`;
  const done: Segment[] = [];
  let commands = [
    `sudo -n install -d -m 0700 ${BUILD_DIR}`,
    `sudo -n tar -xf /tmp/payload.tar -C ${BUILD_DIR} && rm -f /tmp/payload.tar`,
    run('prepare'),
  ];
  let first: number | undefined;
  let isFresh = true;
  const finish = (reboots: boolean) => {
    done.push({ kind: 'shell', commands, reboots, isFresh });
    isFresh = reboots;
  };
  const flush = (last: number) => {
    if (first !== undefined) commands.push(run('steps', first, last));
    first = undefined;
  };
  for (const step of steps) {
    if (isOutside(step)) {
      flush(step.number - 1);
      commands.push(run('begin', step.number));
      finish(false);
      done.push({ kind: 'outside', step });
      commands = [run('end', step.number)];
    } else if (step.action === 'reboot') {
      flush(step.number - 1);
      commands.push(run('reboot', step.number));
      finish(true);
      commands = [run('rebooted', step.number)];
    } else first ??= step.number;
  }
  flush(steps.length);
  commands.push(run('finish'));
  finish(false);
  return done;
}

/** POSIX shell assignments that arrive verbatim whatever the values hold; JSON for what is not a scalar. */
export function variablesFile(variables: Variables, builtins: Readonly<Record<string, string>>): string {
  const lines = Object.entries(builtins).map(([name, value]) => `export ${name}=${shellQuote(value)}\n`);
  for (const [name, value] of Object.entries(variables)) {
    lines.push(`export ${environmentName(name)}=${shellQuote(variableText(value))}\n`);
  }
  return lines.join('');
}

export const shellQuote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
