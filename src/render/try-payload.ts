import type { Architecture } from '../model/ids.ts';
import type { Config, Image, Layer } from '../model/image.ts';
import { type ArchiveEntry, builtins } from './payload.ts';
import { shellQuote, variablesFile } from './provisioning.ts';

/** Where the payload of a trial is unpacked. Not below /run or /tmp: hardened machines execute nothing there. */
export const TRY_DIR = '/var/lib/bake-try';

/** `templates/try/`: name of the file → source. */
export type TryPrograms = Readonly<Record<string, string>>;

export interface TryPayloadRequest {
  readonly config: Config;
  readonly architecture: Architecture;
  /** Root ancestor first, the image on trial last. */
  readonly lineage: readonly Image[];
  readonly programs: TryPrograms;
}

/** A layer of the lineage, with the image that baked it: its variables are the ones that the layer was baked with. */
interface Place {
  readonly layer: Layer;
  /** Numbers start at 1 and name folders: names of layers are users' strings. */
  readonly layerNumber: number;
  readonly imageNumber: number;
}

export interface TrialTest extends Place {
  readonly name: string;
}

/** Every test of every layer of the lineage, in the order of baking. */
export function trialTests(request: Pick<TryPayloadRequest, 'config' | 'lineage'>): readonly TrialTest[] {
  return placesOf(request).flatMap((place) =>
    place.layer.tests.filter(({ isTest }) => isTest).map(({ source }) => ({ ...place, name: inFolder(source) })),
  );
}

/** What goes to the machine: the runner, the probe, the tests, and per image the variables. */
export function tryPayloadEntries(request: TryPayloadRequest): readonly ArchiveEntry[] {
  const { config, architecture, lineage, programs } = request;
  const variables = lineage.map((image, index) => {
    const content = variablesFile(image.variables, builtins({ config, image, architecture }));
    return text(`images/${index + 1}/variables.sh`, content, '0600');
  });
  const tests = placesOf(request).flatMap(({ layer, layerNumber }) =>
    layer.tests.map(({ source, digest }): ArchiveEntry => {
      const content = { kind: 'layer-file', layer, source, digest, template: false } as const;
      return { path: `layers/${layerNumber}/${inFolder(source)}`, mode: '0755', content };
    }),
  );
  const runner = Object.entries(programs).map(([name, source]) => text(name, source, '0755'));
  return [...runner, ...variables, ...tests];
}

/** Commands as the login user; everything below runs as root. */
export const TRY_COMMANDS = {
  unpack: `sudo -n sh -c 'rm -rf ${TRY_DIR} && install -d -m 0700 ${TRY_DIR} && tar -xpf - -C ${TRY_DIR}'`,
  wait: (seconds: number) => `sudo -n sh ${TRY_DIR}/run.sh wait ${seconds}`,
  probe: `sudo -n sh ${TRY_DIR}/run.sh probe --packages`,
  test: ({ imageNumber, layerNumber, name }: TrialTest) =>
    `sudo -n sh ${TRY_DIR}/run.sh test ${imageNumber} ${layerNumber} ${shellQuote(name)}`,
  record: 'cat /usr/lib/bake/record.json',
  bootId: 'cat /proc/sys/kernel/random/boot_id',
} as const;

function placesOf({ config, lineage }: Pick<TryPayloadRequest, 'config' | 'lineage'>): readonly Place[] {
  const layers = lineage.flatMap((image, index) =>
    image.layers.flatMap((name) => {
      const layer = config.layers.get(name);
      return layer === undefined ? [] : [{ layer, imageNumber: index + 1 }];
    }),
  );
  return layers.map((place, index) => ({ ...place, layerNumber: index + 1 }));
}

const inFolder = (source: string): string => source.slice('test/'.length);

function text(path: string, content: string, mode: string): ArchiveEntry {
  return { path, mode, content: { kind: 'text', text: content } };
}
