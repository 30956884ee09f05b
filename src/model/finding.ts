import type { LayerName } from './ids.ts';
import type { Json } from './image.ts';

/** `protected`: the bake itself will see to it; it is told, and never counts against anyone. */
export type Severity = 'error' | 'warning' | 'protected';

/** What cloud-init, user-data or the machine would do to something that a layer bakes. */
export interface Finding {
  /** The row of the contract, or the mistake: kebab-case, stable; `accept` in layer.yaml names it. */
  readonly rule: string;
  readonly severity: Severity;
  /** Absent: it is about the user-data. */
  readonly layer?: LayerName;
  /** In the layer folder: `files/etc/hosts`. Of the user-data: as it was named. */
  readonly file: string;
  /** From 1. Of a template: as it is rendered. */
  readonly line: number;
  /** On the machine, where the finding is about one path. */
  readonly path?: string;
  /** What would happen, and when: one sentence without a full stop. */
  readonly message: string;
  /** What to change, or what the bake writes. */
  readonly fix: string;
  /** For `protected`: the cloud-config that the bake writes; `{ $baked: … }` is a value read on the machine. */
  readonly override?: Readonly<Record<string, Json>>;
  /** For what is of one region: the text itself, and the key of region config where it belongs. */
  readonly match?: string;
  readonly key?: string;
}
