import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCatalogue, type Saying } from '../helpers/error-catalogue.ts';

const { sayings, unresolved } = errorCatalogue();
const errors = sayings.filter(({ kind }) => kind === 'error');

/** Who says that it is done needs no advice, and details of these have one for each line. */
const WITHOUT_HINT = ['command-failed', 'config-invalid', 'declined', 'interrupted'];

describe('the catalogue of codes', () => {
  // `npx vitest run --project unit test/report/errors-doc.test.ts -u` writes it.
  it('is docs/errors.md', async () => {
    await expect(page()).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/errors.md'));
  });

  it('has every code but those that are passed on', () => {
    expect(unresolved).toEqual([
      'aws/errors.ts: <code>',
      'commands/promotion-sites.ts: <code>',
      'commands/promotion-sites.ts: <code>',
      'model/errors.ts: <code>',
      'setup/shellcheck.ts: SC<code>',
    ]);
  });

  it('has a code for each place that makes an error', () => {
    expect(errors.filter(({ blame, message }) => blame === undefined || message === undefined)).toEqual([]);
  });
});

describe('texts', () => {
  it.each(sayings.map((one) => [one.code, one] as const))('of %s are in the manner of the others', (code, saying) => {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    const { message = '', hint, kind } = saying;
    // It stands after `Error: ` and before the hint.
    expect(message).not.toMatch(/[.!]$|\b(?:please|invalid|illegal|sorry|oops)\b/i);
    if (kind === 'error' && !WITHOUT_HINT.includes(code)) expect(hint).toBeTruthy();
  });
});

function page(): string {
  return `# Errors

What \`bake\` says when it cannot go on, and what to do then. Scripts match on the code: \`error.code\` of [JSON](json.md) and of the [result](events.md).
Words in angle brackets are filled in; where a slash stands between two texts, one of them is said. An error ends with exit code 1; those named
\`usage\` and \`config-…\` with 2, \`declined\` with 3, \`interrupted\` with 130. This page is made from the sources.

${sectionOf(errors)}
## Warnings and problems

Codes of warnings, which end nothing, and of problems, which are told together before anything is changed.

${sectionOf(sayings.filter(({ kind }) => kind === 'problem'))}`;
}

function sectionOf(some: readonly Saying[]): string {
  const codes = [...new Set(some.map(({ code }) => code))].sort();
  return codes.map((code) => entryOf(code, some)).join('\n');
}

const WHO: Readonly<Record<string, string>> = {
  user: 'Yours to mend.',
  tool: 'A program or a file on this machine.',
  cloud: 'AWS, or the way to it.',
  bug: 'A bug in bake.',
};

function entryOf(code: string, some: readonly Saying[]): string {
  const said = some.filter((one) => one.code === code);
  const who = [...new Set(said.flatMap(({ blame }) => (blame === undefined ? [] : [WHO[blame] ?? blame])))];
  const texts = [...new Set(said.map(({ message, hint }) => textOf(message, hint)))];
  return [`### \`${code}\``, '', ...(who.length === 1 ? [...who, ''] : []), ...texts].join('\n');
}

/** Indented, so that nothing in it is markup. What is all filled in says nothing here. */
function textOf(message?: string, hint?: string): string {
  const lines = [message, hint && `→ ${hint}`].filter((line) => line && !/^→ <[^>]*>$/.test(line)) as readonly string[];
  return `${lines.map((line) => `    ${line.replaceAll('\n', '\n    ')}`).join('\n')}\n`;
}
