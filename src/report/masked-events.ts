import type { BakeEvent } from '../model/events.ts';
import type { Mask } from './mask.ts';
import { plainLine } from './text.ts';

/**
 * Masks every string of an event, and strips lines of output of colours and control characters. Before any renderer:
 * truncating, colouring or escaping would hide a secret from the mask, and so does a colour that starts inside it.
 */
export function createEventMask(mask: Mask): (event: BakeEvent) => BakeEvent {
  const streams = new Map<string, (line: string) => string>();
  const streamOf = (source: string): ((line: string) => string) => {
    const lines = streams.get(source) ?? mask.lines();
    streams.set(source, lines);
    return lines;
  };

  return (event) => {
    if (event.type === 'output') return { ...event, line: streamOf(event.id)(plainLine(event.line)) };
    if (event.type === 'setup-output') return { ...event, line: streamOf(event.step)(plainLine(event.line)) };
    if (event.type === 'bake-finished' || event.type === 'clone-finished') streams.delete(event.id);
    if (event.type === 'setup-finished') streams.delete(event.step);
    return deeply(event, mask.text);
  };
}

function deeply<T>(value: T, text: (text: string) => string): T;
function deeply(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((item) => deeply(item, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deeply(item, text)]));
}
