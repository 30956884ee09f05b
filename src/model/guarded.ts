import type { Json } from './image.ts';

/** Something that a layer has baked and cloud-init would change on a new instance. Found on the builder, by comparing. */
interface Guarded {
  /** Id of the contract's row. */
  readonly row: string;
  readonly layer: string;
  /** Machine paths, or `account <name>` where one account is meant. */
  readonly paths: readonly string[];
}

export interface Protection extends Guarded {
  /** The cloud-config that keeps it. */
  readonly override: Json;
  /** The drop-in that says so; null when the image's configuration says it already. */
  readonly file: string | null;
}

export interface Unprotected extends Guarded {
  /** What cloud-init will do to it. */
  readonly effect: string;
  /** What to do instead. */
  readonly advice: string;
}

/** Something of one region or account that a layer has left on the machine. */
export interface Regional {
  readonly rule: string;
  readonly layer: string;
  /** On the machine; `line` from 1. */
  readonly path: string;
  readonly line: number;
  readonly match: string;
  /** What the match is. */
  readonly what: string;
  /** Where it belongs in region config. */
  readonly key: string;
}

/** Something that hygiene does not let into an image. */
export interface Unclean {
  /** Id of the row of docs/hygiene.md. */
  readonly row: string;
  readonly path: string;
  readonly why: string;
}

/** A secret that scripts were given, and that is on the disk. */
export interface Leaked {
  /** Its name. */
  readonly secret: string;
  readonly path: string;
  /** How it is there: `in base64`. */
  readonly form: string;
}

/** Something by which packages do not come from where they are pinned. */
export interface Unpinned {
  /** A source, or the file of the machine that says so. */
  readonly where: string;
  readonly why: string;
}
