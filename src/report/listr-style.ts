import {
  DefaultRenderer,
  ListrDefaultRendererLogLevels as Level,
  type ListrDefaultRendererOptions,
  ListrLogger,
  ProcessOutput,
} from 'listr2';
import type { Paint, Palette } from './palette.ts';
import type { Sink } from './renderer.ts';

/** listr2 draws rows only where stdout is a terminal; ours go to stderr, and whether to draw them is decided already. */
export class RowRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

/** How listr2 draws: on the given stream, in our colours and signs. */
export function listrStyle(err: Sink, paint: Palette): ListrDefaultRendererOptions {
  const format =
    (colour: Paint) =>
    (text = ''): string =>
      colour(text);
  return {
    logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: new ErrOutput(err) }),
    collapseErrors: false,
    showErrorMessage: false,
    // No emoji: some terminals draw them two columns wide, and listr2 counts with that.
    icon: { [Level.WAITING]: '·', [Level.COMPLETED]: '✓', [Level.FAILED]: '✗', [Level.SKIPPED_WITH_COLLAPSE]: '-' },
    // listr2 decides about colours by stdout and by itself; all that it would colour is here.
    color: {
      [Level.WAITING]: format(paint.dim),
      [Level.PENDING]: format(paint.yellow),
      [Level.COMPLETED]: format(paint.green),
      [Level.FAILED]: format(paint.red),
      [Level.SKIPPED_WITH_COLLAPSE]: format(paint.yellow),
      [Level.OUTPUT]: format(paint.dim),
    },
  };
}

/** listr2 draws on its "stdout". It would also hold back, in memory, whatever else is written meanwhile. */
class ErrOutput extends ProcessOutput {
  readonly #err: NodeJS.WriteStream;

  constructor(err: Sink) {
    super(err as NodeJS.WriteStream, err as NodeJS.WriteStream);
    this.#err = err as NodeJS.WriteStream;
  }

  /** The stream itself and not a copy, so that a resize is noticed. */
  override get stdout(): NodeJS.WriteStream {
    return this.#err;
  }

  override hijack(): void {}
  override release(): void {}
}
