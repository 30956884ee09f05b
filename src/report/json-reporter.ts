import type { BakeEvent } from '../model/events.ts';
import type { Renderer, Sink } from './renderer.ts';

/** The contract of docs/events.md. A new `type` or field is no new version; a changed or missing one is. */
const VERSION = 1;

/** NDJSON: one event per line. */
export function createJsonReporter(out: Sink, now: () => Date): Renderer {
  return {
    render(event: BakeEvent) {
      out.write(`${JSON.stringify({ v: VERSION, at: now().toISOString(), ...event })}\n`);
    },
    async shown() {},
    async close() {},
  };
}
