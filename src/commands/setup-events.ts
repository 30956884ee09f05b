import type { Emit } from '../model/events.ts';
import { createMask } from '../report/mask.ts';
import { chooseColor } from '../report/mode.ts';
import { createReporter } from '../report/reporter.ts';
import type { OnStep } from '../setup/steps.ts';
import type { CommandIo } from './io.ts';

/** Steps of set-up as events; a failed one needs none, since its error ends the command. */
export function setupEvents(emit: Emit): OnStep {
  return (event) => {
    switch (event.state) {
      case 'started':
        emit({ type: 'setup-started', step: event.step });
        return;
      case 'output':
        emit({ type: 'setup-output', step: event.step, line: event.line });
        return;
      case 'done': {
        const detail = event.detail === undefined ? {} : { detail: event.detail };
        emit({ type: 'setup-finished', step: event.step, seconds: event.seconds, ...detail });
        return;
      }
      case 'failed':
        return;
    }
  };
}

/** For verbs that read: setting up a sandbox may take minutes, which must not pass in silence. Line by line on stderr. */
export function setupOnStderr({ stdout, stderr, env }: CommandIo): Emit {
  const color = chooseColor({ isTTY: stderr.isTTY === true, env });
  return createReporter({ mode: 'line', color, stdout, stderr, mask: createMask([]) }).emit;
}
