import type { ErrorSummary } from '../model/errors.ts';
import { createPalette } from './palette.ts';

export interface ErrorFormat {
  readonly color: boolean;
  /** Printed last; pass it when BAKE_DEBUG is set. */
  readonly debugStack?: string | undefined;
}

/**
 * What failed, the details below it, then what to do: `Error: …`, `  detail`, `  → hint`.
 * Lines are not wrapped, so that commands and paths in them can be copied. No newline at the end.
 */
export function formatError(error: ErrorSummary, { color, debugStack }: ErrorFormat): string {
  const paint = createPalette(color);
  return [
    `${paint.red(paint.bold('Error:'))} ${indented(error.message)}`,
    ...errorDetails(error, color),
    ...(debugStack === undefined ? [] : ['', paint.dim(debugStack)]),
  ].join('\n');
}

/** The same without the message, for where that stands already. */
export function errorDetails(error: ErrorSummary, color: boolean): readonly string[] {
  const paint = createPalette(color);
  return [
    ...(error.details ?? []).map((detail) => `  ${paint.dim(indented(detail))}`),
    ...(error.hint === undefined ? [] : [`  ${paint.cyan('→')} ${indented(error.hint)}`]),
  ];
}

const indented = (text: string): string => text.replaceAll('\n', '\n  ');
