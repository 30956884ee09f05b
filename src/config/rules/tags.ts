import { type Path, type Report, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';
import { scopes } from './scopes.ts';

/** EC2 allows 50 tags on a resource; bake keeps these for its own. */
const OWN_TAGS = 15;
const MOST_TAGS = 50 - OWN_TAGS;
const ALLOWED = /^[\p{L}\p{N} +\-=._:/@]*$/u;
const ALLOWED_RULE = 'letters, digits, spaces and + - = . _ : / @';

export function tagsRule({ written, report }: RuleContext): void {
  for (const { path, settings } of scopes(written)) {
    for (const [key, value] of Object.entries(settings.tags ?? {})) {
      reportKey([...path, 'tags', key], key, report);
      reportText([...path, 'tags', key], value, 256, report);
    }
  }
}

function reportKey(path: Path, key: string, report: Report): void {
  if (key === '') report(path, 'a tag key has at least one character');
  if (/^aws:/i.test(key)) report(path, "keys that start with 'aws:' belong to AWS");
  if (/^bake:/i.test(key)) report(path, "keys that start with 'bake:' belong to bake");
  if (key === 'Name') report(path, 'bake writes the Name tag itself, with image and version');
  reportText(path, key, 128, report);
}

function reportText(path: Path, text: string, longest: number, report: Report): void {
  // EC2 counts characters, and `length` counts UTF-16 units.
  const length = [...text].length;
  if (length > longest) report(path, `${show(text)} has ${length} characters; EC2 allows ${longest}`);
  if (!ALLOWED.test(text)) report(path, `${show(text)} has other characters than ${ALLOWED_RULE}`);
}

export function tagCountRule({ written, inherited, report }: RuleContext): void {
  for (const name of Object.keys(written.images)) {
    const count = Object.keys(inherited.get(name)?.tags ?? {}).length;
    if (count <= MOST_TAGS) continue;
    report(
      ['images', name, 'tags'],
      `${count} tags with the inherited ones; EC2 allows 50, of which ${OWN_TAGS} are bake's own`,
    );
  }
}
