import type { BadMark } from '../model/bad.ts';
import type { KnownImage } from '../model/known-image.ts';
import { table } from './table.ts';
import { plainLine } from './text.ts';

export interface Marked {
  readonly name: string;
  readonly version: string;
  /** Undefined: it is good again. */
  readonly bad: BadMark | undefined;
  readonly children: readonly KnownImage[];
  /** Null: unknown. */
  readonly channels: readonly string[] | null;
}

/** What was marked, what stands on it, and who has it. */
export function markedText({ name, version, bad, children, channels }: Marked, columns: number | undefined): string {
  const lines = [
    bad === undefined
      ? `${name} ${version} is not marked bad any more`
      : `${name} ${version} is marked bad: ${plainLine(bad.reason)}`,
  ];
  if (children.length > 0) {
    const rows = children.map((child) => ['', `${child.image} ${child.version}`, child.architecture, child.imageId]);
    lines.push(bad === undefined ? 'Baked on it:' : 'Baked on it, and not to be reused or promoted either:');
    lines.push(table(rows, { columns }));
  }
  if (channels !== null && channels.length > 0) {
    lines.push(`Held by ${channels.join(', ')}.`);
    if (bad !== undefined) lines.push(...channels.map((one) => `  → bake rollback ${name} --channel ${one}`));
  }
  return lines.join('\n');
}
