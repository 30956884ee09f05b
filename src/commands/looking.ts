import type { Emit } from '../model/events.ts';
import { systemClock } from './clock.ts';

/** Shows what a command looks at before it has a plan: regions that are far away take seconds, which must not pass in silence. */
export async function looking<T>(step: string, emit: Emit, look: () => Promise<T>): Promise<T> {
  const started = systemClock.now().getTime();
  emit({ type: 'setup-started', step });
  const seen = await look();
  emit({ type: 'setup-finished', step, seconds: (systemClock.now().getTime() - started) / 1000 });
  return seen;
}
