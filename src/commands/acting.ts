import { exitCodeOf, summarise } from '../model/errors.ts';
import type { AnyOutcome, BakeEvent, Emit } from '../model/events.ts';
import type { PlanWarning } from '../model/plan.ts';
import { createMask, type Mask } from '../report/mask.ts';
import { createEventMask } from '../report/masked-events.ts';
import { chooseColor, chooseMode } from '../report/mode.ts';
import { createReporter } from '../report/reporter.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import type { RunFiles } from './run-files.ts';

export interface Acting {
  readonly emit: Emit;
  /** Resolves when all events can be seen. */
  readonly shown: () => Promise<void>;
  /** What has come of it so far: told also when the verb throws. */
  readonly found: (outcomes: ReadonlyMap<string, AnyOutcome>) => void;
  readonly mask: Mask;
}

/**
 * Runs a verb that acts: its events go to the reporter that fits the terminal, and the last one is always the result,
 * also when the verb throws. `files` are written before it. Resolves to the exit code.
 */
export async function acting<T extends AnyOutcome>(
  options: CommonOptions,
  io: CommandIo,
  work: (acting: Acting) => Promise<ReadonlyMap<string, T>>,
  files?: RunFiles,
): Promise<{ readonly exitCode: number; readonly outcomes: ReadonlyMap<string, T>; readonly error?: unknown }> {
  const isTTY = io.stderr.isTTY === true;
  const mask = createMask(secretsIn(io.env));
  const reporter = createReporter({
    mode: chooseMode({ json: options.json ?? false, isTTY, env: io.env }),
    color: chooseColor({ isTTY, env: io.env }),
    stdout: io.stdout,
    stderr: io.stderr,
    mask,
    github: io.env.GITHUB_ACTIONS === 'true',
    listener: files?.take,
  });
  const warn = (warnings: readonly PlanWarning[] = []) => {
    for (const warning of warnings) reporter.emit({ type: 'warning', warning });
  };
  let outcomes: ReadonlyMap<string, T> = new Map();
  let told: ReadonlyMap<string, AnyOutcome> = new Map();
  const found: Acting['found'] = (all) => {
    told = all;
  };
  let error: unknown;
  warn(await files?.check());
  try {
    outcomes = await work({ emit: reporter.emit, shown: reporter.shown, found, mask });
    if (io.signal.aborted) error = io.signal.reason;
  } catch (thrown) {
    error = io.signal.aborted ? io.signal.reason : thrown;
  }
  const failed = [...outcomes.values()].some(({ status }) => status === 'failed' || status === 'cancelled');
  const exitCode = error === undefined ? (failed ? 1 : 0) : exitCodeOf(error);
  const result: BakeEvent = {
    type: 'result',
    ok: exitCode === 0,
    exitCode,
    outcomes: Object.fromEntries(outcomes.size > 0 ? outcomes : told),
    ...(error === undefined ? {} : { error: summarise(error) }),
  };
  warn(await files?.write(createEventMask(mask)(result)));
  reporter.emit(result);
  await reporter.close();
  return { exitCode, outcomes, ...(error === undefined ? {} : { error }) };
}

const SECRET_VARIABLES = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'PACKER_GITHUB_API_TOKEN', 'GITHUB_TOKEN'];

function secretsIn(env: NodeJS.ProcessEnv): readonly string[] {
  return SECRET_VARIABLES.flatMap((name) => env[name] ?? []);
}
