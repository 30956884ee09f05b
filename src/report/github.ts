import { type BakeEvent, isFinish } from '../model/events.ts';
import type { Renderer, Sink } from './renderer.ts';

/** More of a kind in one step GitHub does not show. */
const MOST = 10;

type Kind = 'error' | 'warning';

interface Annotation {
  readonly kind: Kind;
  readonly title: string;
  readonly message: string;
}

/**
 * Beside what another renderer shows: failures and warnings as annotations of GitHub. It reads commands from both streams of a
 * step, so they go where no NDJSON goes.
 */
export function withAnnotations(renderer: Renderer, err: Sink): Renderer {
  const taken: Record<Kind, number> = { error: 0, warning: 0 };
  const last: Partial<Record<Kind, Annotation>> = {};
  const told = new Set<string>();

  const annotate = (annotation: Annotation): void => {
    taken[annotation.kind] += 1;
    if (taken[annotation.kind] < MOST) err.write(command(annotation));
    else last[annotation.kind] = annotation;
  };
  /** The tenth is itself, or says how many more there were. */
  const annotateRest = (): void => {
    for (const kind of ['error', 'warning'] as const) {
      const annotation = last[kind];
      if (annotation === undefined) continue;
      const more = taken[kind] - MOST + 1;
      err.write(
        command(more === 1 ? annotation : { kind, title: `${more} more`, message: 'See the log of this step.' }),
      );
    }
  };

  return {
    render(event) {
      renderer.render(event);
      for (const annotation of annotationsOf(event, told)) annotate(annotation);
      if (event.type === 'result') annotateRest();
    },
    shown: () => renderer.shown(),
    close: () => renderer.close(),
  };
}

/** The error of a run may be one that was told of an image. */
function annotationsOf(event: BakeEvent, told: Set<string>): readonly Annotation[] {
  if (event.type === 'warning') {
    const { message, hint } = event.warning;
    return [{ kind: 'warning', title: event.id ?? 'bake', message: withHint(message, hint) }];
  }
  if (isFinish(event) && event.outcome.status === 'failed') {
    const { message, hint } = event.outcome.error;
    told.add(message);
    return [{ kind: 'error', title: `${event.id} failed`, message: withHint(message, hint) }];
  }
  if (event.type === 'result' && event.error !== undefined && !told.has(event.error.message))
    return [{ kind: 'error', title: 'bake failed', message: withHint(event.error.message, event.error.hint) }];
  return [];
}

const withHint = (message: string, hint: string | undefined): string =>
  hint === undefined ? message : `${message}\n→ ${hint}`;

const command = ({ kind, title, message }: Annotation): string =>
  `::${kind} title=${inProperty(title)}::${inMessage(message)}\n`;

const inMessage = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const inProperty = (text: string): string => inMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/**
 * Writes text in which GitHub finds no commands: an old form of them, `##[error]…`, counts anywhere in a line, also in what a
 * builder prints. The new form counts at the start of a line, where ours has the time, and JSON its bracket.
 */
export const withoutCommands = (sink: Sink, bracket: '\\u005b' | ' ['): Sink => ({
  write: (text, written) => sink.write(text.replaceAll('##[', `##${bracket}`), written),
});
