import type { Finding, Severity } from '../../model/finding.ts';
import type { Json } from '../../model/image.ts';
import type { Release } from '../../model/release.ts';
import type { ConfDFile, LayerReading } from '../lineage.ts';

export interface UserData {
  /** As it was named on the command line. */
  readonly file: string;
  readonly text: string;
}

/** What a rule may look at. */
export interface LintContext {
  /** Root ancestor first, in the order in which they are applied. */
  readonly readings: readonly LayerReading[];
  /** Undefined: unknown, so what holds anywhere counts. */
  readonly release: Release | undefined;
  /** Files of cloud.cfg.d of all layers, as they are in the end, and what they say together. */
  readonly confD: readonly ConfDFile[];
  readonly merged: Json;
  readonly userData: UserData | undefined;
}

/** Looks for one kind of mistake in one layer, in the light of the others. */
export type Rule = (reading: LayerReading, context: LintContext) => readonly Finding[];

interface Place {
  readonly file: string;
  readonly line: number;
  readonly path?: string;
}

export function finding(
  reading: LayerReading,
  rule: string,
  severity: Severity,
  { file, line, path }: Place,
  message: string,
  fix: string,
): Finding {
  const where = { layer: reading.layer.name, file, line, ...(path === undefined ? {} : { path }) };
  return { rule, severity, ...where, message, fix };
}
