import { type Given, withGiven } from '../config/given.ts';
import { loadConfig } from '../config/load.ts';
import { explainPlan } from '../plan/explain.ts';
import { epochsAt } from '../plan/refresh.ts';
import { createMask } from '../report/mask.ts';
import { checkPlan } from './check-plan.ts';
import { connect } from './connect.ts';
import { type CommandIo, type CommonOptions, configOption, print, printJson } from './io.ts';
import { observeAndPlan } from './observe.ts';
import { openBakeTools } from './open-bake.ts';
import { newRunId, nonceOf } from './run-id.ts';
import { parseArchitectures, selectImages } from './selection.ts';
import { setupOnStderr } from './setup-events.ts';

export interface PlanOptions extends CommonOptions, Given {
  readonly arch?: string;
  readonly force?: boolean;
  readonly frozen?: boolean;
}

/** `bake plan [image…]`: what would be baked or reused and why, with parents baked first. Changes nothing. */
export async function plan(names: readonly string[], options: PlanOptions, io: CommandIo): Promise<number> {
  const written = await loadConfig(configOption(options, io));
  const selected = selectImages(written, names);
  const architectures = parseArchitectures(options.arch, names.length === 0 ? [] : selected);
  const asked = selected.map((image) => image.name);
  const config = withGiven(written, asked, options, io.cwd);
  const emit = setupOnStderr(io);
  const connected = await connect(config, options, io, emit);
  const tools = await openBakeTools({ config, connected, mask: createMask([]), emit, signal: io.signal });
  const now = new Date();
  const request = {
    config,
    images: asked,
    architectures,
    parents: 'bake',
    force: options.force ?? false,
    nonce: nonceOf(newRunId(now)),
    epochs: epochsAt(now),
  } as const;
  const { lockFile } = connected;
  const frozen = options.frozen ?? false;
  const { planned } = await observeAndPlan(request, { ...tools, lockFile, frozen, readOnly: true });
  const checked = await checkPlan(config, planned.plan);
  if (options.json) printJson(io, checked.plan);
  else print(io, explainPlan(checked.plan));
  return 0;
}
