import { ACCESS_KEY_ID, precededSources, wholeSources } from '../model/secret-patterns.ts';
import { createKeyBlock } from './key-block.ts';
import { secretForms } from './secret-forms.ts';

const MASK = '***';

export interface Mask {
  /** The text with every secret replaced. Applying it again changes nothing. */
  text(text: string): string;
  /** The same for text that comes line by line, where a private key spans several. One for each stream of lines. */
  lines(): (line: string) => string;
  /** Masks these too from now on: credentials of a profile are known only once they are used. */
  add(secrets: Iterable<string>): void;
}

/**
 * Masks the given secrets (6 characters or more, also percent-encoded, base64 and JSON-escaped) and whatever looks
 * like a credential: AWS secret keys, session tokens and signatures, private keys, tokens, passwords in URLs.
 */
export function createMask(secrets: Iterable<string>): Mask {
  const forms = new Set([...secrets].flatMap(secretForms));
  let replace = replacer([...forms]);
  const text = (line: string): string => replace(line);
  const lines = (): ((line: string) => string) => {
    const insideKey = createKeyBlock();
    return (line) => (insideKey(line) ? MASK : text(line));
  };
  const add = (more: Iterable<string>): void => {
    for (const form of [...more].flatMap(secretForms)) forms.add(form);
    replace = replacer([...forms]);
  };
  return { text, lines, add };
}

function replacer(forms: readonly string[]): (text: string) => string {
  // Longest first, as one may be in another. One by one: an alternation of long ones is too large an expression, and the
  // error that says so shows all of it.
  const known = forms.toSorted((a, b) => b.length - a.length);
  const wanted = [...precededSources, ...wholeSources];
  const patterns = new RegExp(wanted.join('|'), 'gi');
  return (text) => {
    const withoutKnown = known.reduce((left, form) => left.replaceAll(form, MASK), text);
    return withoutKnown.replace(patterns, keepPrefix).replace(ACCESS_KEY_ID, '$1****$2');
  };
}

/** Called with the match, the groups (one at most has matched), the offset and the whole text. */
function keepPrefix(_match: string, ...groups: unknown[]): string {
  const prefix = groups.slice(0, precededSources.length).find((group) => typeof group === 'string');
  return `${prefix ?? ''}${MASK}`;
}
