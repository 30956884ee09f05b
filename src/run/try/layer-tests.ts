import { plainOutput } from '../../model/console.ts';
import { lineage } from '../../model/graph.ts';
import type { TestResult } from '../../model/trial.ts';
import { TRY_COMMANDS, type TrialTest, trialTests } from '../../render/try-payload.ts';
import type { TryEffects } from '../try-effects.ts';
import { commandFailed } from './errors.ts';
import type { TrialMachine } from './machine.ts';
import type { Trial } from './trial.ts';

/** Seconds that one test may take. */
const TEST_LIMIT = 600;
/** Lines of output that are kept of a test. */
const KEPT_LINES = 40;

/** Runs every test of the lineage's layers, one after the other, whether earlier ones failed or not. */
export async function runLayerTests(
  machine: TrialMachine,
  { config, image }: Trial,
  effects: TryEffects,
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const test of trialTests({ config, lineage: lineage(config.images, image.name) })) {
    const result = await runTest(test, machine, effects);
    effects.emit({ type: 'test-finished', id: machine.id, test: result });
    results.push(result);
  }
  return results;
}

async function runTest(test: TrialTest, machine: TrialMachine, { clock, emit }: TryEffects): Promise<TestResult> {
  const started = clock.now().getTime();
  let output: readonly string[] = [];
  const onLine = (line: string) => {
    output = [...output.slice(1 - KEPT_LINES), plainOutput(line)];
    emit({ type: 'output', id: machine.id, line });
  };
  const result = await machine.attempt(TRY_COMMANDS.test(test), TEST_LIMIT, { onLine });
  if (result.kind === 'unreachable') {
    const what = `run layers/${test.layer.name}/test/${test.name}`;
    throw commandFailed(await machine.stuck(), what, [result.because, ...output]);
  }
  const exitCode = result.kind === 'exited' ? result.exitCode : undefined;
  const seconds = (clock.now().getTime() - started) / 1000;
  return { layer: test.layer.name, name: test.name, ok: exitCode === 0, exitCode, seconds, output };
}
