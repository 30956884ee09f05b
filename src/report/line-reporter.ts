import { type BakeEvent, isFinish } from '../model/events.ts';
import { createBlankFilter } from './blank-lines.ts';
import { errorDetails, formatError } from './error.ts';
import { eventLine } from './event-line.ts';
import { createPalette } from './palette.ts';
import { differenceLines } from './publishing.ts';
import type { Renderer, Sink } from './renderer.ts';

export interface LineOptions {
  readonly err: Sink;
  readonly color: boolean;
  readonly now: () => Date;
}

/** One line per event with the time in UTC, the builder's output included: a CI log is all that is left of a bake. */
export function createLineReporter({ err, color, now }: LineOptions): Renderer {
  const paint = createPalette(color);
  const isRepeatedBlank = createBlankFilter();
  const shown = new Set<string>();
  const progress = createProgress();

  return {
    render(event) {
      if (event.type === 'output' && isRepeatedBlank(event.id, event.line)) return;
      if (event.type === 'setup-output' && isRepeatedBlank(event.step, event.line)) return;
      const time = paint.dim(now().toISOString().slice(11, 19));
      const counted = paint.dim(progress(event));
      const line = eventLine(event, paint);
      for (const text of [...(line === '' ? [] : [`${counted}${line}`]), ...moreLines(event)])
        err.write(`${`${time} ${text}`.trimEnd()}\n`);
    },
    async shown() {},
    async close() {},
  };

  /** Details of a failure, and the error of the whole run unless it is one that was shown. */
  function moreLines(event: BakeEvent): readonly string[] {
    if (isFinish(event) && event.outcome.status === 'failed') {
      shown.add(event.outcome.error.message);
      return errorDetails(event.outcome.error, color).flatMap(split);
    }
    if (event.type === 'place-planned') return differenceLines(event.plan, paint);
    if (event.type === 'warning' && event.warning.hint !== undefined)
      return [`  ${paint.cyan('→')} ${event.warning.hint}`];
    if (event.type !== 'result' || event.error === undefined || shown.has(event.error.message)) return [];
    return split(formatError(event.error, { color }));
  }
}

/** `[12/100] ` before what ends the twelfth of a hundred images; nothing where there is one. */
function createProgress(): (event: BakeEvent) => string {
  const planned = new Set<string>();
  const ended = new Set<string>();
  return (event) => {
    if (event.type === 'plan') for (const step of event.plan.steps) planned.add(step.id);
    if (event.type !== 'bake-finished' || planned.size < 2) return '';
    ended.add(event.id);
    return `[${ended.size}/${planned.size}] `;
  };
}

const split = (text: string): readonly string[] => text.split('\n');
