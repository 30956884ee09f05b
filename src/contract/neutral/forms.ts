/** Parts of patterns. */

/**
 * A region's name. botocore's partitions.json has one expression for each partition (`^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$`
 * and the like); here only directions stand in the middle, as they do in all regions that there are.
 */
export const REGION =
  '(?:(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-iso[a-z]?)?|eusc-[a-z]{2})-(?:(?:north|south)(?:east|west)?|east|west|central)-[1-9][0-9]?';

/** Where a name ends: neither within a word, nor before a further label. */
export const END = '(?![a-z0-9-]|\\.[a-z0-9])';

/**
 * Labels before the one that counts, and after it. All repetitions are bounded, as in the names that there are: a line may be
 * as long as a file, and must not be tried in every way to split it.
 */
export const LABELS = '(?<![a-z0-9_-])(?:[a-z0-9_-]{1,63}\\.){0,8}';
export const LABELS_AFTER = '(?:\\.[a-z0-9-]{1,63}){0,6}';

/** A label with the name of a region in it: `s3-website-us-east-1`. */
export const REGION_LABEL = `(?:[a-z0-9_]{1,63}-){0,8}${REGION}(?:-[a-z0-9]{1,63}){0,4}`;

/** DNS suffixes of AWS by partition: botocore's partitions.json. */
export const DOMAIN =
  '(?:amazonaws\\.(?:com(?:\\.cn)?|eu)|api\\.aws|on\\.aws|api\\.amazonwebservices\\.(?:com\\.cn|eu)|c2s\\.ic\\.gov|sc2s\\.sgov\\.gov|cloud\\.adc-e\\.uk|csp\\.hci\\.ic\\.gov)(?![a-z0-9-])';

/** The rest of a URL, and of an ARN. */
export const REST = '[^\\s"\'`<>,;()\\[\\]{}|]*';

export const oneOf = (...words: readonly string[]) => `(?:${words.join('|')})`;

/** `<name>.us-east-1.rds.amazonaws.com`, and the order that China's regions and newer services have. */
export const serviceHost = (...services: readonly string[]) => {
  const service = oneOf(...services);
  return `${LABELS}(?:${REGION}\\.${service}|[a-z0-9_-]{1,63}\\.${service}\\.${REGION})\\.${DOMAIN}`;
};

const HEX = '[0-9a-f]';

/** Eight digits are the old form. Those that are all numbers or all letters are dates and words. */
export const resourceId = (...prefixes: readonly string[]) =>
  `(?<![a-z0-9_.-])${oneOf(...prefixes)}-(?:${HEX}{17}|(?=[0-9]*[a-f])(?=[a-f]*[0-9])${HEX}{8})(?![a-z0-9_-])`;

export const arn = (service: string) =>
  `arn:aws(?:-[a-z]+)*:${service}:(?:${REGION}:(?:[0-9]{12})?|[a-z0-9-]*:[0-9]{12}):${REST}`;

/**
 * `name = value`, in the ways of shells, INI, JSON, YAML, XML, and `name value` of nginx and Fluent Bit; of a list the first
 * member. Nothing of a longer word before it.
 */
export const settingOf = (name: string, value: string) =>
  `(?<![a-z0-9_.-])[a-z0-9_.-]{0,64}${name}[a-z0-9_-]{0,64}["']?(?:\\s*(?:=>|[=:>])\\s*(?:\\[\\s*)?|[ \\t]+)["']?${value}`;
