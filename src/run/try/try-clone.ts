import { lastConsoleLines } from '../../model/console.ts';
import { lineage } from '../../model/graph.ts';
import type { Probe } from '../../model/probe.ts';
import type { CloneReport } from '../../model/trial.ts';
import { checkRestart } from '../../plan/check-identity.ts';
import type { Baked } from '../../plan/check-record.ts';
import { templateData } from '../../render/payload.ts';
import { TRY_COMMANDS, tryPayloadEntries } from '../../render/try-payload.ts';
import { writeArchive } from '../archive.ts';
import type { TryEffects } from '../try-effects.ts';
import { bootUnfinished } from './errors.ts';
import { bootReport, examine } from './examine.ts';
import { runLayerTests } from './layer-tests.ts';
import type { TrialMachine } from './machine.ts';
import type { TrialStages } from './stages.ts';
import type { Trial } from './trial.ts';

/** `run.sh wait` exits with it when its time is up. */
const UNFINISHED = 75;

export interface Finding {
  readonly report: CloneReport;
  /** As it was after the first boot, to be compared with the other machines. */
  readonly probe: Probe;
  readonly baked: Baked | undefined;
}

/** Tries one running machine. `thorough`: it also restarts and runs the tests, where a single look is not enough. */
export async function tryClone(
  machine: TrialMachine,
  thorough: boolean,
  trial: Trial,
  stages: TrialStages,
  effects: TryEffects,
): Promise<Finding> {
  const limit = trial.image.build.timeLimits.connect;
  await stages.run('connect', async () => {
    await machine.connect(limit);
    await upload(machine, trial);
  });
  await stages.run('cloud-init', async () => {
    await waitForBoot(machine, limit);
    await machine.pinHostKey();
  });
  const first = await stages.run('check', () => examine(machine, trial));
  const finding = (boots: CloneReport['boots'], tests: CloneReport['tests']): Finding => ({
    report: { id: machine.id, instanceId: machine.instanceId, boots, tests },
    probe: first.probe,
    baked: first.baked,
  });
  const firstBoot = bootReport(1, first, first.checks);
  if (!thorough) return finding([firstBoot], []);

  await stages.run('reboot', async () => {
    await machine.restart(TRY_COMMANDS.bootId, first.probe.health.bootId, limit);
    await waitForBoot(machine, limit);
  });
  const second = await stages.run('check-again', () => examine(machine, trial));
  const restart = checkRestart(first.probe, second.probe);
  const tests = await stages.run('tests', () => runLayerTests(machine, trial, effects));
  return finding([firstBoot, bootReport(2, second, [...restart, ...second.checks])], tests);
}

async function upload(machine: TrialMachine, { config, image, known, programs }: Trial): Promise<void> {
  const { architecture } = known;
  const request = { config, architecture, programs, lineage: lineage(config.images, image.name) };
  const input = await writeArchive(tryPayloadEntries(request), templateData({ config, image, architecture }));
  await machine.output('send the tests to the machine', TRY_COMMANDS.unpack, { input });
}

/** Until cloud-init and the boot have finished. Throws `boot-unfinished`. */
export async function waitForBoot(machine: TrialMachine, seconds: number): Promise<void> {
  // Some more for what it prints when its time is up.
  const options = { seconds: seconds + 60 };
  const result = await machine.run('wait for cloud-init', TRY_COMMANDS.wait(seconds), options);
  if (result.exitCode === 0) return;
  const said = lastConsoleLines(`${result.stdout}\n${result.stderr}`);
  if (result.exitCode === UNFINISHED) throw bootUnfinished(await machine.stuck(), seconds, said);
  await machine.output('wait for cloud-init', TRY_COMMANDS.wait(seconds), options);
}
