/** Which versions of an image `bake prune` keeps: what is either of the newest or young. */
export interface Keep {
  /** Newest usable versions of each architecture. */
  readonly last: number;
  /** Made or launched within so many days. */
  readonly days: number;
  /** Seconds between retiring and deregistering. */
  readonly grace: number;
}
