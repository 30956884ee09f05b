import type { Emit } from '../model/events.ts';
import { withAnnotations, withoutCommands } from './github.ts';
import { createJsonReporter } from './json-reporter.ts';
import { createLineReporter } from './line-reporter.ts';
import { createLiveReporter } from './live-reporter.ts';
import type { Mask } from './mask.ts';
import { createEventMask } from './masked-events.ts';
import type { ReporterMode } from './mode.ts';
import type { Renderer, Sink } from './renderer.ts';

export interface ReporterOptions {
  readonly mode: ReporterMode;
  /** Takes the events of mode `json`. */
  readonly stdout: Sink;
  /** Takes everything else. */
  readonly stderr: Sink;
  readonly color: boolean;
  /** Instead of the terminal's own width. */
  readonly columns?: number | undefined;
  readonly mask: Mask;
  readonly clock?: () => Date;
  /** A step of GitHub Actions: failures and warnings become annotations too. */
  readonly github?: boolean;
  /** Takes the events too, masked. */
  readonly listener?: Emit | undefined;
}

export interface Reporter {
  /** Shows an event. Never throws; after `close()` it does nothing. */
  readonly emit: Emit;
  /** Resolves when all events can be seen, as before a question is asked about them. */
  shown(): Promise<void>;
  /** Shows what is held back, gives the terminal back and waits until all is written. Call it once, before the process ends. */
  close(): Promise<void>;
}

export function createReporter(options: ReporterOptions): Reporter {
  const masked = createEventMask(options.mask);
  let closed = false;
  let defect: unknown;
  // Showing a bake must not end it. The first defect is enough to find the bug.
  const guarded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      defect ??= error;
    }
  };
  const renderer = createRenderer(options, guarded);

  return {
    emit(event) {
      if (closed) return;
      guarded(() => {
        const safe = masked(event);
        guarded(() => options.listener?.(safe));
        renderer.render(safe);
      });
    },
    shown: () => renderer.shown(),
    async close() {
      if (closed) return;
      closed = true;
      await renderer.close();
      if (defect !== undefined) options.stderr.write(`bake: an event could not be shown: ${String(defect)}\n`);
      await written(options.mode === 'json' ? options.stdout : options.stderr);
    },
  };
}

function createRenderer(options: ReporterOptions, guarded: (act: () => void) => void): Renderer {
  const { stdout, stderr: err, color, columns } = options;
  const now = options.clock ?? (() => new Date());
  if (options.mode === 'live') return createLiveReporter({ err, color, columns, now, guarded });
  const github = options.github ?? false;
  // JSON reads the escaped bracket as the bracket.
  const out = github ? withoutCommands(stdout, '\\u005b') : stdout;
  const log = github ? withoutCommands(err, ' [') : err;
  const renderer =
    options.mode === 'json' ? createJsonReporter(out, now) : createLineReporter({ err: log, color, now });
  return github ? withAnnotations(renderer, err) : renderer;
}

/** A pipe may still hold text when the process is told to exit; one that nobody reads any more must not hold us. */
function written(sink: Sink): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, 2000);
    sink.write('', () => {
      clearTimeout(limit);
      resolve();
    });
  });
}
