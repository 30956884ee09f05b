import { createHash } from 'node:crypto';
import { canonicalJson } from '../../model/canonical-json.ts';
import type { ResolvedTarget } from '../../model/channel.ts';
import { BakeError } from '../../model/errors.ts';
import type { ChannelName, Digest } from '../../model/ids.ts';
import type { Variables } from '../../model/image.ts';
import type { RegionConfig } from '../../model/region-config.ts';
import { fileObjectName, VALUES_NAME } from '../../model/region-manifest.ts';
import { isEmpty, leavesOf, pathsOf, valueAt } from '../../model/value-paths.ts';
import { renderTemplate, templateText } from '../handlebars.ts';
import { isReference, REFERENCE_RULE, secretLines } from './secrets.ts';
import { valuesOf } from './values.ts';

/** One object as it should be in the bucket. */
export interface RenderedObject {
  readonly name: string;
  readonly content: Buffer;
  readonly sha256: Digest;
}

export interface RenderedValues {
  readonly values: Variables;
  /** Sorted by name. */
  readonly objects: readonly RenderedObject[];
  /** What is wrong, without the target. */
  readonly problems: readonly string[];
}

/** What the instances of one target of one channel get. `sources` has the content of each source file that there is. */
export function renderTarget(
  config: RegionConfig,
  target: ResolvedTarget,
  channel: ChannelName,
  sources: ReadonlyMap<string, Buffer>,
): RenderedValues {
  const values = valuesOf(config, target, channel);
  const data = { ...values, region: target.region, account: target.account, channel };
  const problems = [
    ...missing(config, values),
    ...plainSecrets(config, values),
    ...noText(values),
    ...sameVariables(values),
  ];
  const objects = [objectOf(VALUES_NAME, Buffer.from(canonicalJson(values)))];
  for (const [name, source] of Object.entries(config.files)) {
    const content = sources.get(source);
    // Told once for all targets, by whoever reads the sources.
    if (content === undefined) continue;
    const rendered = contentOf(name, source, content, data);
    if (typeof rendered === 'string') problems.push(rendered);
    else {
      problems.push(...secretsIn(`files.${name} (${source})`, rendered));
      objects.push(objectOf(fileObjectName(name), rendered));
    }
  }
  return { values, objects: objects.sort(byName), problems };
}

const objectOf = (name: string, content: Buffer): RenderedObject => ({
  name,
  content,
  sha256: createHash('sha256').update(content).digest('hex') as Digest,
});

const byName = (a: RenderedObject, b: RenderedObject): number => (a.name < b.name ? -1 : 1);

/** Byte for byte, or rendered; text: why not. */
function contentOf(name: string, source: string, content: Buffer, data: object): Buffer | string {
  if (!source.endsWith('.hbs')) return content;
  try {
    return Buffer.from(renderTemplate(source, templateText(source, content), data));
  } catch (error) {
    if (error instanceof BakeError) return `files.${name}: ${error.message}`;
    throw error;
  }
}

function missing(config: RegionConfig, values: Variables): readonly string[] {
  return config.required.flatMap((path) => {
    const value = valueAt(values, path);
    if (!isEmpty(value)) return [];
    return [`required value ${path} is ${value === undefined ? 'missing' : 'empty'}`];
  });
}

/** Their text is never shown: a problem ends up in the logs of CI. */
function plainSecrets(config: RegionConfig, values: Variables): readonly string[] {
  const declared = config.secrets.flatMap((path) => {
    const value = valueAt(values, path);
    if (value === undefined || isReference(value)) return [];
    return [`${path} is declared secret, so its value has to be ${REFERENCE_RULE}`];
  });
  const found = leavesOf(values).flatMap(([path, leaf]) => {
    if (typeof leaf !== 'string' || isReference(leaf) || config.secrets.includes(path)) return [];
    // Of a list, its own name.
    const name = path.split('.').findLast((part) => !/^\d+$/.test(part)) ?? '';
    if (secretLines(leaf).length === 0 && secretLines(`${name}="${leaf}"`).length === 0) return [];
    return [`${path} looks like a secret; write ${REFERENCE_RULE}`];
  });
  return [...declared, ...found];
}

function secretsIn(what: string, content: Buffer): readonly string[] {
  return secretLines(content.toString('utf8')).map(
    (line) => `${what}, line ${line}, looks like it has a secret; write ${REFERENCE_RULE}`,
  );
}

/** The loader refuses what no environment and no UTF-8 can hold. */
function noText(values: Variables): readonly string[] {
  return leavesOf(values).flatMap(([path, leaf]) => {
    if (typeof leaf !== 'string' || !(leaf.includes('\0') || /\p{Surrogate}/u.test(leaf))) return [];
    return [`${path} holds a NUL or half of a character, which no environment can`];
  });
}

/** `database.host` and `database-host` would both be DATABASE_HOST to a program that reads its environment. */
function sameVariables(values: Variables): readonly string[] {
  const first = new Map<string, string>();
  return pathsOf(values).flatMap((path) => {
    const variable = path.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
    const other = first.get(variable);
    if (other === undefined) first.set(variable, path);
    return other === undefined ? [] : [`${other} and ${path} are both ${variable} in an environment; rename one`];
  });
}
