/**
 * One kind of thing that is of one region or one account. JSON: the scan on the builder reads the same rows, so a pattern
 * keeps to what JavaScript and Python both read alike: no named groups, no \d, \w or \b, lookbehinds of a fixed width.
 * Case does not count.
 */
export interface NeutralRow {
  /** Rule of the finding; rows share it where one acceptance should fit all. */
  readonly id: NeutralRule;
  /** What a match is, as an answer to "what is this?". */
  readonly what: string;
  readonly pattern: string;
  /** Where it belongs in region config: a proposal, dotted. */
  readonly key: string;
  /** Where the form is known from. */
  readonly source: string;
}

export const NEUTRAL_RULES = [
  'region-endpoint',
  'region-host',
  'region-bucket',
  'region-arn',
  'region-id',
  'region-zone',
  'region-setting',
] as const;
export type NeutralRule = (typeof NEUTRAL_RULES)[number];
