import { loadConfig } from '../config/load.ts';
import { usage } from '../model/errors.ts';
import type { Config } from '../model/image.ts';
import { chooseColor } from '../report/mode.ts';
import { LOST_WITHOUT_STATE, noStateText, stateChangesText, stateText } from '../report/state.ts';
import { createFileRecords } from '../run/records.ts';
import { createBucketRecords, missingNames, uploadMissing } from '../run/state/bucket-records.ts';
import { checkState, lookAtState, makeState } from '../run/state/look.ts';
import type { StatePlace } from '../run/state/place.ts';
import { confirm } from './confirm.ts';
import { type Connected, connect } from './connect.ts';
import { type CommandIo, type CommonOptions, columnsOf, configOption, print, printJson } from './io.ts';
import { openState } from './open-state.ts';
import { orAborted } from './or-aborted.ts';
import { setupOnStderr } from './setup-events.ts';

export interface StateOptions extends CommonOptions {
  readonly yes?: boolean;
}

/** `bake state init`: makes the bucket, or what it lacks, and uploads the records of this machine. */
export async function init(options: StateOptions, io: CommandIo): Promise<number> {
  const { config, connected, place } = await open(options, io);
  if (place === undefined || config.state === undefined) throw noBucketNamed();
  const { signal } = io;
  const changes = await orAborted(signal, lookAtState(place));
  if (changes.creates || changes.gives.length > 0) {
    io.stderr.write(`${stateChangesText(place.of.bucket, changes)}\n`);
    await confirm(`Set up bucket ${place.of.bucket}?`, options, io);
    await makeState(place, changes, signal);
  }
  const near = createFileRecords(connected.recordsDir);
  const { keepDays } = config.state;
  const uploaded = await uploadMissing(near, createBucketRecords(place), { now: new Date(), keepDays, signal });
  const changed = [...(changes.creates ? ['create'] : []), ...changes.gives];
  if (options.json) printJson(io, { version: 1, project: config.project, ...whereOf(place), changed, uploaded });
  else {
    const done = changed.length === 0 ? 'is as it should be' : 'is set up';
    print(io, `${place.of.bucket} ${done}; ${uploaded} records were uploaded`);
  }
  return 0;
}

/** `bake state status`: whether the bucket is as `init` makes it. */
export async function status(options: StateOptions, io: CommandIo): Promise<number> {
  const { config, connected, place } = await open(options, io);
  if (place === undefined) {
    const none = { bucket: null, ok: false, checks: [], missingRecords: null, lost: LOST_WITHOUT_STATE };
    if (options.json) printJson(io, { version: 1, project: config.project, ...none });
    else print(io, noStateText());
    return 1;
  }
  const checks = await orAborted(io.signal, checkState(place));
  const ok = checks.every((check) => check.status === 'ok');
  const missing = ok ? await orAborted(io.signal, countMissing(place, connected)) : null;
  if (options.json) {
    const report = { ...whereOf(place), ok, checks, missingRecords: missing, lost: [] };
    printJson(io, { version: 1, project: config.project, ...report });
  } else {
    const color = chooseColor({ isTTY: io.stdout.isTTY === true, env: io.env });
    const where = `s3://${place.of.bucket}/${place.prefix}`;
    print(io, stateText({ where, checks, missing }, { columns: columnsOf(io), color }));
  }
  return ok ? 0 : 1;
}

interface Opened {
  readonly config: Config;
  readonly connected: Connected;
  readonly place: StatePlace | undefined;
}

async function open(options: StateOptions, io: CommandIo): Promise<Opened> {
  const config = await loadConfig(configOption(options, io));
  const connected = await connect(config, options, io, setupOnStderr(io));
  return { config, connected, place: await orAborted(io.signal, openState(config, connected)) };
}

const whereOf = ({ of: { bucket, target }, prefix }: StatePlace) => ({ bucket, ...target, prefix });

const countMissing = async (place: StatePlace, { recordsDir }: Connected): Promise<number> =>
  (await missingNames(createFileRecords(recordsDir), createBucketRecords(place))).length;

const noBucketNamed = () =>
  usage('the configuration names no state bucket', "Write one: state: { bucket: 'acme-bake-state-{account}' }.");
