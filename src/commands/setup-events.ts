import type { Emit } from '../model/events.ts';
import type { OnStep } from '../setup/steps.ts';

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
