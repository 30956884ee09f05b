import { type DeregistrationProtection, NOT_SHARED, type Sharing } from './channel.ts';
import type { AccountId } from './ids.ts';
import type { Tags } from './image.ts';
import { TAG } from './tags.ts';

/** What the status tags of a retired AMI say: since when, and what an undo brings back. */
export interface RetiredMark {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Date of deprecation before, ISO 8601, UTC; absent: none. */
  readonly deprecateAt?: string;
  readonly protection: DeregistrationProtection;
  /** Who could launch it: disabling takes that away for good. Absent: too many for tags, so that it is not disabled. */
  readonly sharing?: Sharing;
}

/** EC2's limits: tags of a resource, characters of a value. */
const MOST_TAGS = 50;
const LONGEST = 256;

const FORM =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) deprecated=(never|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) protection=(off|on|with-cooldown) shares=(many|\d+)$/;

/** Further tags, from 1: who could launch it. */
const shareKey = (number: number): string => `${TAG.retired}/${number}`;

/** `there`: all tags of the image. Without permissions where there is no room for them. */
export function retiredTags({ at, deprecateAt, protection, sharing }: RetiredMark, there: Tags): Tags {
  const others = Object.keys(there).filter((key) => !isRetiredKey(key)).length;
  const values = sharing === undefined ? undefined : packed(wordsOf(sharing));
  const fits = values !== undefined && others + 1 + values.length <= MOST_TAGS;
  const shares = fits ? `${values.length}` : 'many';
  const deprecated = deprecateAt === undefined ? 'never' : seconds(deprecateAt);
  return {
    [TAG.retired]: `${seconds(at)} deprecated=${deprecated} protection=${protection} shares=${shares}`,
    ...(fits ? Object.fromEntries(values.map((value, place) => [shareKey(place + 1), value])) : {}),
  };
}

export const isRetiredKey = (key: string): boolean => key === TAG.retired || key.startsWith(`${TAG.retired}/`);

/** Undefined: it is not retired. `unreadable`: nobody can say since when, or what was before. */
export function retiredMark(tags: Tags): RetiredMark | 'unreadable' | undefined {
  const text = tags[TAG.retired];
  if (text === undefined) return undefined;
  const [, at, deprecated, protection, shares] = FORM.exec(text) ?? [];
  if (at === undefined || deprecated === undefined || Number.isNaN(Date.parse(at))) return 'unreadable';
  const values =
    shares === 'many' ? [] : Array.from({ length: Number(shares) }, (_, place) => tags[shareKey(place + 1)]);
  const sharing = shares === 'many' ? undefined : sharingOf(values);
  if (sharing === 'unreadable') return sharing;
  return {
    at,
    ...(deprecated === 'never' ? {} : { deprecateAt: deprecated }),
    protection: protection as DeregistrationProtection,
    ...(sharing === undefined ? {} : { sharing }),
  };
}

const seconds = (iso: string): string => iso.replace(/\.\d+Z$/, 'Z');

/** ARNs name themselves: `…:organization/…`, `…:ou/…`. */
const wordsOf = ({ accounts, organizations, organizationalUnits, public: isPublic }: Sharing): readonly string[] => [
  ...(isPublic ? ['all'] : []),
  ...accounts,
  ...organizations,
  ...organizationalUnits,
];

/** As few values as hold all words. */
function packed(words: readonly string[]): readonly string[] {
  const values: string[] = [];
  for (const word of words) {
    const last = values.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LONGEST) values[values.length - 1] = `${last} ${word}`;
    else values.push(word);
  }
  return values;
}

function sharingOf(values: readonly (string | undefined)[]): Sharing | 'unreadable' {
  if (values.includes(undefined)) return 'unreadable';
  const words = values.flatMap((value) => value?.split(' ') ?? []);
  return {
    ...NOT_SHARED,
    accounts: words.filter((word): word is AccountId => /^\d{12}$/.test(word)),
    organizations: words.filter((word) => word.includes(':organization/')),
    organizationalUnits: words.filter((word) => word.includes(':ou/')),
    public: words.includes('all'),
  };
}
