import { HclFlaw, type HclPart, type HclToken, hclTokens } from './hcl-tokens.ts';

/** What a file of provisioners says, and what is wrong with it. */
export interface PackerHcl {
  /** Each type once. */
  readonly provisioners: readonly string[];
  /** Files of this machine that it names, as they are written. */
  readonly paths: readonly PathInHcl[];
  readonly flaws: readonly FlawInHcl[];
}

interface PathInHcl {
  readonly line: number;
  readonly path: string;
}

interface FlawInHcl {
  readonly line: number;
  readonly message: string;
}

/** Reads what goes into the template as it is, so it must not end the block that it stands in, nor name what is not there. */
export function readPackerHcl(text: string): PackerHcl {
  try {
    return readBlocks(hclTokens(text));
  } catch (error) {
    if (error instanceof HclFlaw) return { provisioners: [], paths: [], flaws: [error] };
    throw error;
  }
}

function readBlocks(all: readonly HclToken[]): PackerHcl {
  const provisioners = new Set<string>();
  const paths: PathInHcl[] = [];
  const flaws: FlawInHcl[] = [];
  let at = 0;
  while (at < all.length) {
    const first = all[at] as HclToken;
    if (first.kind === 'newline') {
      at += 1;
      continue;
    }
    const opening = all.findIndex((token, index) => index >= at && (isMark(token, '{') || token.kind === 'newline'));
    const head = all.slice(at, opening < 0 ? undefined : opening);
    if (opening < 0 || !isMark(all[opening], '{') || head.some((token) => isMark(token, '='))) {
      flaws.push({ line: first.line, message: `${nameOf(first)} is no block; only provisioner blocks stand here` });
      at = endOfLine(all, at);
      continue;
    }
    const end = closing(all, opening);
    const body = all.slice(opening + 1, end);
    const type = head.length === 2 ? labelOf(head[1]) : undefined;
    if (nameOf(first) !== 'provisioner') {
      flaws.push({ line: first.line, message: `${nameOf(first)} is not allowed; ${remedyFor(nameOf(first))}` });
    } else if (type === undefined) {
      flaws.push({ line: first.line, message: 'a provisioner has one label, its type: provisioner "shell" { … }' });
    } else {
      provisioners.add(type);
      flaws.push(...flawsIn(body));
      paths.push(...pathsIn(body));
    }
    at = end + 1;
    const after = all[at];
    if (after !== undefined && after.kind !== 'newline') {
      flaws.push({ line: after.line, message: 'a block ends its line' });
      at = endOfLine(all, at);
    }
  }
  if (provisioners.size + flaws.length === 0) flaws.push({ line: 1, message: 'there is no provisioner block' });
  return { provisioners: [...provisioners], paths, flaws };
}

const ONLY = 'only provisioner blocks stand here';

/** What takes the place of the other blocks of a template. */
const REMEDIES: Readonly<Record<string, string>> = {
  build: 'write the provisioner blocks that are in it, and nothing around them',
  source: 'bake makes the source of the image’s settings: source, rootVolume, build',
  packer: 'bake writes required_plugins itself',
  variable: 'there are no variables of Packer; write the value',
  variables: 'there are no variables of Packer; write the value',
  locals: 'there are no locals of Packer; write the value',
  local: 'there are no locals of Packer; write the value',
  data: 'there are no data sources; write the value',
  'post-processor': 'what comes after an image is for bake all, promote and region-config to do',
  'post-processors': 'what comes after an image is for bake all, promote and region-config to do',
  'error-cleanup-provisioner': 'a builder that fails is ended; --keep-on-error keeps it',
};

const remedyFor = (block: string): string => (Object.hasOwn(REMEDIES, block) && REMEDIES[block]) || ONLY;

const isMark = (token: HclToken | undefined, text: string): boolean => token?.kind === 'mark' && token.text === text;

const nameOf = (token: HclToken): string => ('text' in token ? token.text : 'a string');

function labelOf(token: HclToken | undefined): string | undefined {
  if (token?.kind === 'name') return token.text;
  if (token?.kind !== 'string') return undefined;
  const [text = '', ...more] = token.parts;
  return typeof text === 'string' && more.length === 0 && /^[a-z][a-z0-9-]*$/.test(text) ? text : undefined;
}

/** Brackets are balanced, or there would be no tokens. */
function closing(all: readonly HclToken[], opening: number): number {
  let depth = 0;
  for (let at = opening; at < all.length; at++) {
    const token = all[at] as HclToken;
    if (token.kind !== 'mark') continue;
    if ('{[('.includes(token.text)) depth += 1;
    if ('}])'.includes(token.text)) depth -= 1;
    if (depth === 0) return at;
  }
  return all.length;
}

function endOfLine(all: readonly HclToken[], from: number): number {
  for (let at = from; at < all.length; at++) {
    const token = all[at] as HclToken;
    if (token.kind === 'newline') return at;
    if (token.kind === 'mark' && '{[('.includes(token.text)) at = closing(all, at);
  }
  return all.length;
}

interface Attribute {
  readonly name: string;
  readonly line: number;
  readonly value: readonly HclToken[];
}

/** Of the block itself, not of those in it. */
function attributesOf(body: readonly HclToken[]): readonly Attribute[] {
  const attributes: Attribute[] = [];
  for (let at = 0; at < body.length; at++) {
    const token = body[at] as HclToken;
    if (token.kind === 'name' && isMark(body[at + 1], '=')) {
      const end = endOfLine(body, at);
      attributes.push({ name: token.text, line: token.line, value: body.slice(at + 2, end) });
      at = end;
    } else at = endOfLine(body, at);
  }
  return attributes;
}

/** Of what Packer knows in a template, ours has neither variables nor locals of others, nor data. */
const ABSENT = ['var', 'local', 'data'];

function flawsIn(body: readonly HclToken[]): readonly FlawInHcl[] {
  const limits = attributesOf(body).filter(({ name }) => name === 'only' || name === 'except');
  return [
    ...limits.map(({ name, line }) => ({
      line,
      message: `${name} is not allowed: there is one source, amazon-ebs.image, and a step that is left out in silence is none`,
    })),
    ...referencesIn(body).map(({ line, name }) => ({
      line,
      message: `${name} is not there; write the value, or have a script read BAKE_VAR_<name>`,
    })),
  ];
}

function referencesIn(tokens: readonly HclToken[]): readonly { readonly line: number; readonly name: string }[] {
  return tokens.flatMap((token, at) => {
    if (token.kind === 'string') return token.parts.flatMap((part) => (isText(part) ? [] : referencesIn(part)));
    if (token.kind !== 'name' || !ABSENT.includes(token.text) || !isMark(tokens[at + 1], '.')) return [];
    const member = tokens[at + 2];
    return isMark(tokens[at - 1], '.') ? [] : [{ line: token.line, name: `${token.text}.${member && nameOf(member)}` }];
  });
}

const isText = (part: HclPart): part is string => typeof part === 'string';

/** Attributes of the provisioners that Packer once had built in that name files of this machine. */
const FILES = new Set([
  ...['script', 'scripts', 'source', 'sources'],
  ...['playbook_file', 'playbook_files', 'playbook_dir', 'playbook_paths', 'galaxy_file', 'role_paths'],
  ...['inventory_file', 'inventory_directory', 'group_vars', 'host_vars', 'collection_paths'],
  ...['cookbook_paths', 'environments_path', 'data_bags_path', 'config_template'],
  ...['manifest_file', 'manifest_dir', 'module_paths', 'hiera_config_path'],
  ...['local_state_tree', 'local_pillar_roots', 'minion_config', 'grains_file'],
]);
const FUNCTIONS = ['file', 'filebase64', 'templatefile', 'fileexists', 'filesha256', 'filemd5'];

function pathsIn(body: readonly HclToken[]): readonly PathInHcl[] {
  const attributes = attributesOf(body);
  const isDownload = attributes.some(({ name, value }) => name === 'direction' && pathOf(value[0]) === 'download');
  const named = attributes.flatMap(({ name, value }) => {
    if (!FILES.has(name) || (isDownload && name.startsWith('source'))) return [];
    return value.filter((_, at) => !isMark(value[at - 1], '('));
  });
  const read = body.filter((_, at) => {
    const called = body[at - 2];
    return isMark(body[at - 1], '(') && called?.kind === 'name' && FUNCTIONS.includes(called.text);
  });
  return [...named, ...read].flatMap((token) => {
    const path = pathOf(token);
    return path === undefined ? [] : [{ line: token.line, path }];
  });
}

/** A string that says where a file is; undefined for what only a run of Packer knows. */
function pathOf(token: HclToken | undefined): string | undefined {
  if (token?.kind !== 'string') return undefined;
  const [first, ...more] = token.parts;
  if (first === undefined) return undefined;
  if (isText(first)) return more.length === 0 ? first : undefined;
  const expression = first.map((part) => nameOf(part)).join('');
  const [rest, ...others] = more;
  if (expression !== 'path.root' && expression !== 'path.cwd') return undefined;
  return rest !== undefined && isText(rest) && others.length === 0 ? `.${rest}` : undefined;
}
