import { summarise, usage } from '../model/errors.ts';
import type { PlaceOutcome, PlacePlan } from '../model/publishing.ts';
import { chooseColor } from '../report/mode.ts';
import { checkText, outcomesText } from '../report/publishing.ts';
import { checkPlace, notReached } from '../run/region-config/check.ts';
import { lookAt } from '../run/region-config/look.ts';
import type { Place } from '../run/region-config/place.ts';
import { type Publishing, push as pushTo } from '../run/region-config/push.ts';
import { lookBack, rollBack } from '../run/region-config/rollback.ts';
import { actOnAll, lookAtAll } from '../run/region-config/side-by-side.ts';
import { acting } from './acting.ts';
import { confirm } from './confirm.ts';
import { type CommandIo, columnsOf, print, printJson } from './io.ts';
import { type ChannelOptions, openPlaces } from './open-places.ts';
import { orAborted } from './or-aborted.ts';
import { setupOnStderr } from './setup-events.ts';

export interface RegionConfigOptions extends ChannelOptions {
  readonly createBuckets?: boolean;
  readonly to?: string;
  readonly yes?: boolean;
}

/** `bake region-config push <image>`: shows what differs, asks, publishes it side by side. */
export function push(name: string, options: RegionConfigOptions, io: CommandIo): Promise<number> {
  const createBuckets = options.createBuckets ?? false;
  const steps = { verb: 'Push', look: (place: Place) => lookAt(place, createBuckets), act: pushTo };
  return publishing(name, options, io, steps);
}

/** `bake region-config rollback <image>`: brings back what was published before, in the same way. */
export async function rollback(name: string, options: RegionConfigOptions, io: CommandIo): Promise<number> {
  const to = parseSerial(options.to);
  return publishing(name, options, io, { verb: 'Roll back', look: (place) => lookBack(place, to), act: rollBack });
}

function parseSerial(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw usage(
    `--to ${JSON.stringify(text)} is not a serial`,
    'bake region-config check shows the serial of each target.',
  );
}

interface Steps<T> {
  readonly verb: string;
  readonly look: (place: Place) => Promise<T>;
  readonly act: (look: T, publishing: Publishing) => Promise<PlaceOutcome>;
}

async function publishing<T extends { readonly plan: PlacePlan }>(
  name: string,
  options: RegionConfigOptions,
  io: CommandIo,
  steps: Steps<T>,
): Promise<number> {
  const { exitCode, outcomes } = await acting(options, io, async ({ emit, shown }) => {
    const places = await openPlaces(name, options, io, emit);
    const look = lookAtAll(places, async (place) => steps.look(await place.open()));
    const { seen, unseen } = await orAborted(io.signal, look);
    for (const { place, look } of seen) emit({ type: 'place-planned', id: place.id, plan: look.plan });
    const failed = unseen.map(({ place, error }) => {
      const outcome: PlaceOutcome = { status: 'failed', error: summarise(error) };
      emit({ type: 'place-finished', id: place.id, outcome, seconds: 0 });
      return [place.id, outcome] as const;
    });
    const changing = seen.filter((one) => changes(one.look.plan)).map(({ place }) => place.id);
    if (changing.length > 0) {
      const where = changing.length === 1 ? changing[0] : `${changing.length} targets`;
      await shown();
      await confirm(`${steps.verb} the region config of ${name} in ${where}?`, options, io);
    }
    const context: Publishing = { emit, signal: io.signal, now: () => new Date() };
    const done = await actOnAll(seen, (one) => steps.act(one, context), context);
    return new Map([...failed, ...done]);
  });
  if (!options.json && outcomes.size > 0) print(io, outcomesText(outcomes, { columns: columnsOf(io) }));
  return exitCode;
}

const changes = ({ bucketChanges, objects, serial, rollbackOf }: PlacePlan): boolean =>
  bucketChanges.length > 0 || objects.length > 0 || serial === null || rollbackOf !== undefined;

/** `bake region-config check <image>`: whether instances everywhere find what they should. */
export async function check(name: string, options: RegionConfigOptions, io: CommandIo): Promise<number> {
  const places = await openPlaces(name, options, io, setupOnStderr(io));
  const look = lookAtAll(places, async (place) => checkPlace(await place.open()));
  const { seen, unseen } = await orAborted(io.signal, look);
  const reports = [...seen.map(({ look }) => look), ...unseen.map(({ place, error }) => notReached(place, error))];
  const ok = reports.every((report) => report.ok);
  const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
  if (options.json) printJson(io, { version: 1, image: name, ok, places: reports });
  else print(io, checkText(reports, { columns: columnsOf(io), color }));
  return ok ? 0 : 1;
}
