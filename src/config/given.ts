import { resolve } from 'node:path';
import { type Artifact, type ArtifactSource, parseS3Address } from '../model/artifact.ts';
import { usage } from '../model/errors.ts';
import type { ImageName } from '../model/ids.ts';
import type { Config, Image, Json } from '../model/image.ts';
import { keepsDigits } from './digits.ts';
import { nearest } from './nearest.ts';
import { choices, show } from './problems.ts';
import { isJson } from './rules/json.ts';
import { REPLACEMENT, reportUnwritable } from './unwritable.ts';

/** What the command line says in place of the configuration, as `name=value` or `image.name=value`. */
export interface Given {
  readonly artifact?: readonly string[] | undefined;
  readonly var?: readonly string[] | undefined;
}

interface Assignment {
  readonly option: '--artifact' | '--var';
  readonly image: string | undefined;
  readonly name: string;
  readonly value: string;
}

/**
 * The configuration with these values for the images asked for, and for no others: each for those that have the name.
 * Throws `usage` for what none of them has, and for a value of another type than the one that is configured.
 */
export function withGiven(config: Config, asked: readonly ImageName[], given: Given, cwd: string): Config {
  const images = new Map(config.images);
  for (const assignment of assignmentsOf(given)) {
    const meant = imagesOf(assignment, asked);
    const known = meant.flatMap((name) => images.get(name) ?? []);
    const having = known.filter((image) => namesIn(image, assignment).includes(assignment.name));
    if (having.length === 0) throw unknownName(assignment, known);
    for (const image of having) images.set(image.name, changed(image, assignment, cwd));
  }
  return { ...config, images };
}

function assignmentsOf({ artifact = [], var: variables = [] }: Given): readonly Assignment[] {
  return [
    ...artifact.map((text) => parseAssignment('--artifact', text)),
    ...variables.map((text) => parseAssignment('--var', text)),
  ];
}

function parseAssignment(option: Assignment['option'], text: string): Assignment {
  const found = /^(?:([^.=]+)\.)?([^.=]+)=(.*)$/s.exec(text);
  if (found === null) {
    throw usage(`${option} ${show(text)} is not name=value`, `For one image: ${option} image.name=value`);
  }
  const [, image, name = '', value = ''] = found;
  // Node gives one for each byte that is none of UTF-8.
  if (text.includes(REPLACEMENT)) {
    throw usage(`${option} ${name}: the value is not UTF-8, or has the character that stands for that, U+FFFD`);
  }
  return { option, image, name, value };
}

function imagesOf({ option, image, name, value }: Assignment, asked: readonly ImageName[]): readonly ImageName[] {
  if (image === undefined) return asked;
  const meant = asked.filter((one) => one === image);
  if (meant.length > 0) return meant;
  const near = nearest(image, asked);
  const text = `${option} ${image}.${name}=${value}`;
  throw usage(
    `${text}: ${show(image)} is not among the images asked for: ${choices(asked)}`,
    near === undefined ? 'Ask for that image too.' : `Did you mean ${near}.${name}?`,
  );
}

const namesIn = (image: Image, { option }: Assignment): readonly string[] =>
  option === '--var' ? Object.keys(image.variables) : (image.artifacts ?? []).map(({ name }) => name);

function unknownName(assignment: Assignment, images: readonly Image[]) {
  const { option, name } = assignment;
  const what = option === '--var' ? 'variable' : 'artefact';
  const there = [...new Set(images.flatMap((image) => namesIn(image, assignment)))].sort();
  const near = nearest(name, there);
  const where = images.map((image) => image.name);
  const declare = `It has to be in the configuration first: ${option === '--var' ? 'variables' : 'artifacts'}.${name}`;
  return usage(
    `${option} ${name}: there is no such ${what} in ${choices(where)}; there are ${choices(there)}`,
    near === undefined ? declare : `Did you mean ${near}?`,
  );
}

function changed(image: Image, assignment: Assignment, cwd: string): Image {
  const { option, name, value } = assignment;
  if (option === '--var') {
    return { ...image, variables: { ...image.variables, [name]: typed(assignment, image.variables[name] ?? null) } };
  }
  const artifacts = (image.artifacts ?? []).map((artifact) =>
    artifact.name === name ? from(artifact, sourceOf(value, cwd)) : artifact,
  );
  return { ...image, artifacts };
}

/** The checksum is that of what was written. */
function from({ sha256: _, ...artifact }: Artifact, source: ArtifactSource): Artifact {
  return { ...artifact, from: source };
}

function sourceOf(value: string, cwd: string): ArtifactSource {
  if (value === '') throw usage('--artifact names no file', '--artifact name=./dist/api.tgz');
  if (/^https?:/.test(value)) {
    throw usage(`--artifact takes no URL: ${value}`, 'Write it in the configuration, where its sha256 is beside it.');
  }
  if (!value.startsWith('s3:')) return { file: resolve(cwd, value) };
  const s3 = parseS3Address(value);
  if (s3 !== undefined) return { s3 };
  throw usage(`${show(value)} is not an object in S3`, 's3://bucket/key, with ?versionId=… for a certain version');
}

/** Text stays as it is where text is configured; anything else is JSON of the same type. */
function typed({ option, name, value }: Assignment, before: Json): Json {
  if (typeof before === 'string') return value;
  let json: Json | undefined;
  try {
    json = JSON.parse(value) as Json;
  } catch {
    json = before === null ? value : undefined;
  }
  if (json !== undefined && (before === null || typeOf(json) === typeOf(before))) {
    reportUnwritable(json, (path, message) => {
      throw usage(`${option} ${[name, ...path].join('.')}: ${message}`);
    });
    if (isJson(json) && (typeof json === 'string' || numbersIn(value).every(isKept))) return json;
    throw usage(
      `${option} ${name}: ${show(value)} would arrive as ${show(json)}`,
      'A number keeps 15 digits and no zeros at its ends. Make it a string in the configuration.',
    );
  }
  throw usage(
    `${option} ${name}: ${show(value)} is not ${NOUN[typeOf(before)]}, as in the configuration`,
    `Its value there: ${show(before)}`,
  );
}

/** As they are written. */
const numbersIn = (json: string): readonly string[] =>
  json.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/-?\d[\w.+-]*/g) ?? [];

const isKept = (written: string): boolean => keepsDigits(written, Number(written));

type Type = 'null' | 'boolean' | 'number' | 'string' | 'list' | 'object';

const NOUN: Readonly<Record<Type, string>> = {
  null: 'null',
  boolean: 'true or false',
  number: 'a number',
  string: 'a string',
  list: 'a list in JSON',
  object: 'an object in JSON',
};

function typeOf(value: Json): Type {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  const type = typeof value;
  return type === 'boolean' || type === 'number' || type === 'string' ? type : 'object';
}
