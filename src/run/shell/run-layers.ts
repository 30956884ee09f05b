import { plainOutput } from '../../model/console.ts';
import { BakeError } from '../../model/errors.ts';
import type { LayerName } from '../../model/ids.ts';
import { type ProvisionStep, placeOf, shortName } from '../../render/provisioning.ts';
import { type LayerSteps, SHELL_COMMANDS } from '../../render/shell-commands.ts';
import { TRY_COMMANDS } from '../../render/try-payload.ts';
import { commandFailed } from '../try/errors.ts';
import type { TrialMachine } from '../try/machine.ts';
import { TrialStages } from '../try/stages.ts';
import { waitForBoot } from '../try/try-clone.ts';
import type { TryEffects } from '../try-effects.ts';
import { fillMemory } from './send.ts';
import type { ShellRequest } from './session.ts';

/** Lines of output that a failure shows. */
const KEPT_LINES = 15;

/** Takes the steps, and says for each layer that was run whole how long it took. Throws `layer-failed`. */
export async function runLayers(
  machine: TrialMachine,
  todo: readonly LayerSteps[],
  request: ShellRequest,
  effects: TryEffects,
  hasRun: (layer: LayerName) => Promise<void>,
): Promise<readonly { readonly layer: LayerName; readonly seconds: number }[]> {
  const { clock, emit } = effects;
  const stages = new TrialStages(machine.id, clock, emit);
  const times: { layer: LayerName; seconds: number }[] = [];
  for (const { layer, steps, whole } of todo) {
    const started = clock.now().getTime();
    for (const step of steps) {
      const stage = { name: 'layer', layer: layer.name, script: shortName(step) } as const;
      await stages.runStage(stage, () => takeStep(step, machine, request, effects));
    }
    if (!whole) continue;
    times.push({ layer: layer.name, seconds: (clock.now().getTime() - started) / 1000 });
    await hasRun(layer.name);
  }
  return times;
}

async function takeStep(
  step: ProvisionStep,
  machine: TrialMachine,
  request: ShellRequest,
  effects: TryEffects,
): Promise<void> {
  const { connect, bake } = request.stay.image.build.timeLimits;
  if (step.action === 'reboot') {
    const bootId = await machine.output('read the boot id', TRY_COMMANDS.bootId);
    await machine.restart(TRY_COMMANDS.bootId, bootId.trim(), connect);
    await waitForBoot(machine, connect);
    await fillMemory(machine, request);
    return;
  }
  let output: readonly string[] = [];
  const onLine = (line: string) => {
    output = [...output.slice(1 - KEPT_LINES), plainOutput(line)];
    effects.emit({ type: 'output', id: machine.id, line });
  };
  const result = await machine.attempt(SHELL_COMMANDS.step(step, request.layers), bake, { onLine });
  const where = placeOf(step);
  if (result.kind === 'unreachable')
    throw commandFailed(await machine.stuck(), `run ${where}`, [result.because, ...output]);
  if (result.kind === 'exited' && result.exitCode === 0) return;
  const how = result.kind === 'exited' ? `failed with exit code ${result.exitCode}` : `was not done after ${bake} s`;
  const { name } = request.stay.image;
  throw new BakeError({
    code: 'layer-failed',
    message: `${machine.id}: ${where} ${how}`,
    hint: `The machine is still there. Mend the layer and run it again, bake shell ${name} --layer ${step.layer.name}, or look around: bake shell ${name}.`,
    details: output,
    blame: 'user',
  });
}
