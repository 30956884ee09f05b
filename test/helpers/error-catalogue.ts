import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** What one place in the sources says of a code. */
export interface Saying {
  readonly code: string;
  readonly kind: 'error' | 'problem';
  readonly blame: string | undefined;
  readonly message: string | undefined;
  readonly hint: string | undefined;
  /** Relative to `src/`. */
  readonly file: string;
}

export interface Catalogue {
  readonly sayings: readonly Saying[];
  /** `file: code` of objects whose code only the running program knows. */
  readonly unresolved: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What a parameter or a constant stands for. */
type Bound = ReadonlyMap<string, Node>;

const src = join(import.meta.dirname, '../../src');

/** Everything in the sources that has a code, with what it says: errors, and the problems and warnings that go with them. */
export function errorCatalogue(): Catalogue {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.sort().map((file) => sayingsOf(file, readFileSync(join(src, file), 'utf8')));
  return { sayings: found.flatMap(({ sayings }) => sayings), unresolved: found.flatMap((one) => one.unresolved) };
}

function sayingsOf(file: string, text: string): Catalogue {
  const nodes = [...within(parseSync(file, text).program as unknown as Node)];
  const functions = nodes.filter(isFunction);
  const declared = nodes.filter((node) => node.type === 'VariableDeclarator');
  /** Inner ones last, so that they win. */
  const seenFrom = (object: Node): Bound =>
    new Map(declared.filter((one) => functions.every((fn) => !holds(fn, one) || holds(fn, object))).map(boundBy));
  const errors = new Set(nodes.filter(isBakeError).map((node) => (node.arguments as readonly Node[])[0]));
  const sayings: Saying[] = [];
  const unresolved: string[] = [];
  const say = (object: Node, kind: Saying['kind'], bound: Bound): void => {
    const of = (key: string) => property(object, key);
    const codes = literalsOf(of('code'), bound);
    const textOf = (node: Node | undefined) => (node === undefined ? undefined : texts(node, bound));
    const [message, hint, blame] = [textOf(of('message') ?? of('says')), textOf(of('hint')), textOf(of('blame'))];
    if (codes.length === 0) unresolved.push(`${file}: ${textOf(of('code'))}`);
    for (const code of codes) sayings.push({ code, kind, blame, message, hint, file });
  };
  const makers = makersOf(nodes);
  for (const object of nodes.filter(isSaying)) {
    const bound = seenFrom(object);
    const kind = errors.has(object) || property(object, 'blame') !== undefined ? 'error' : 'problem';
    const maker = makers.find(({ objects }) => objects.has(object));
    if (maker === undefined) say(object, kind, bound);
    for (const call of maker === undefined ? [] : callsOf(maker.name, nodes)) {
      say(object, kind, withArguments(new Map([...seenFrom(call), ...bound]), maker?.parameters ?? [], call));
    }
  }
  return { sayings, unresolved };
}

/** An object that has a code and words for people. */
function isSaying(node: Node): boolean {
  if (node.type !== 'ObjectExpression' || property(node, 'code') === undefined) return false;
  return ['message', 'says', 'hint'].some((key) => property(node, key) !== undefined);
}

const isBakeError = (node: Node): boolean =>
  node.type === 'NewExpression' && (node.callee as Node).name === 'BakeError';

const isFunction = ({ type }: Node): boolean => /Function/.test(type);

const holds = (outer: Node, inner: Node): boolean =>
  (outer.start as number) <= (inner.start as number) && (inner.end as number) <= (outer.end as number);

/** Functions that are given the code, with the objects that they make of it. */
function makersOf(nodes: readonly Node[]) {
  return nodes.flatMap((node) => {
    if (node.type !== 'FunctionDeclaration' && node.type !== 'MethodDefinition') return [];
    const { params } = (node.type === 'MethodDefinition' ? node.value : node) as unknown as { params: readonly Node[] };
    const parameters = params.map(({ name }) => String(name));
    const { name } = (node.id ?? node.key) as unknown as { name: string };
    return parameters.includes('code') ? [{ name, parameters, objects: new Set(within(node)) }] : [];
  });
}

const callsOf = (name: string, nodes: readonly Node[]): readonly Node[] =>
  nodes.filter((node) => {
    const { name: called, property } = (node.callee ?? {}) as { name?: string; property?: Node };
    return node.type === 'CallExpression' && (called === name || property?.name === name);
  });

function withArguments(constants: Bound, parameters: readonly string[], call: Node): Bound {
  const given = (call.arguments as readonly Node[]).map((node, index) => [parameters[index] ?? '', node] as const);
  // What stands for itself would never end.
  return new Map([...constants, ...given.filter(([name, node]) => node.name !== name)]);
}

const boundBy = ({ id, init }: Node): [string, Node] => [String((id as Node).name), (init ?? { type: 'none' }) as Node];

function property(object: Node, key: string): Node | undefined {
  const all = object.properties as readonly { key?: Node; value?: Node }[];
  return all.find((one) => one.key?.name === key)?.value;
}

function literalsOf(node: Node | undefined, bound: Bound): readonly string[] {
  if (node === undefined) return [];
  if (node.type === 'Literal') return [String(node.value)];
  if (node.type === 'ConditionalExpression') {
    return [...literalsOf(node.consequent as Node, bound), ...literalsOf(node.alternate as Node, bound)];
  }
  const known = node.type === 'Identifier' ? bound.get(String(node.name)) : undefined;
  return known === undefined || known.type === 'Identifier' ? [] : literalsOf(known, bound);
}

/** As people read it, with `<name>` for what only the running program knows. */
function texts(node: Node, bound: Bound): string {
  const inner = (key: string) => texts(node[key] as Node, bound);
  switch (node.type) {
    case 'Literal':
      return String(node.value);
    case 'TemplateLiteral': {
      const quasis = node.quasis as readonly { value: { cooked: string } }[];
      const values = (node.expressions as readonly Node[]).map((value) => texts(value, bound));
      return quasis.map(({ value }, index) => value.cooked + (values[index] ?? '')).join('');
    }
    case 'LogicalExpression':
      return inner('right');
    case 'ConditionalExpression':
      return [inner('consequent'), inner('alternate')].filter((text) => text !== '').join(' / ');
    case 'ArrowFunctionExpression':
      return inner('body');
    case 'Identifier': {
      const known = bound.get(String(node.name));
      const isText = known !== undefined && /Literal$|ConditionalExpression/.test(known.type);
      return isText ? texts(known, bound) : node.name === 'undefined' ? '' : `<${words(String(node.name))}>`;
    }
    default:
      return `<${words(nameIn(node))}>`;
  }
}

/** The last name that an expression has: `name` of `image.name`, `site` of `targetId(site)`. */
function nameIn(node: Node): string {
  if (node.type === 'Identifier') return String(node.name);
  if (node.type === 'MemberExpression') return nameIn(node.property as Node);
  const [first] = (node.arguments ?? []) as readonly Node[];
  if (node.type === 'CallExpression') return first === undefined ? nameIn(node.callee as Node) : nameIn(first);
  return '…';
}

/** `imageId` and `OLDEST_PACKER` as words. */
const words = (name: string): string =>
  name === 'length'
    ? 'count'
    : name
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .replaceAll('_', ' ')
        .toLowerCase();

function* within(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === 'object' && child !== null && typeof (child as Node).type === 'string') {
        yield* within(child as Node);
      }
    }
  }
}
