import type { BakeEvent } from '../model/events.ts';

/** Where text goes: what a reporter needs of `process.stdout` or `process.stderr`. */
export interface Sink {
  write(text: string, written?: () => void): unknown;
  /** Width and height of a terminal; they change when it is resized. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** One way to show events. They arrive masked. */
export interface Renderer {
  render(event: BakeEvent): void;
  /** Shows what is still held back. Nothing is rendered after it. */
  /** Resolves when all that was taken can be seen, but for rows that still run. */
  shown(): Promise<void>;
  close(): Promise<void>;
}
