import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { BakeEvent } from '../../src/model/events.ts';

/** As a record, so that a new type of event is a compile error here until the page has an example. */
const TYPES: Record<BakeEvent['type'], true> = {
  'run-started': true,
  plan: true,
  warning: true,
  'bake-started': true,
  'version-reserved': true,
  'bake-joined': true,
  'bake-retried': true,
  'stage-started': true,
  'stage-finished': true,
  output: true,
  removed: true,
  protected: true,
  'bake-finished': true,
  'clone-started': true,
  'test-finished': true,
  'clone-finished': true,
  kept: true,
  'trial-finished': true,
  'shell-started': true,
  'shell-ready': true,
  'place-planned': true,
  'place-started': true,
  'bucket-changed': true,
  'object-written': true,
  'place-finished': true,
  'promotion-planned': true,
  'site-started': true,
  'site-step': true,
  'site-progress': true,
  'site-finished': true,
  'pointer-moved': true,
  'pointer-put-back': true,
  'sweep-planned': true,
  'leftover-removed': true,
  'sweep-finished': true,
  'prune-planned': true,
  'retire-started': true,
  'retire-step': true,
  'retire-finished': true,
  'setup-started': true,
  'setup-output': true,
  'setup-finished': true,
  result: true,
};

test('docs/events.md has a valid example of each event', async () => {
  const page = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  // Only the plan is spread over lines, each but the first indented or closing it.
  const lines = blocks.flatMap((block) =>
    block
      .replaceAll(/\n(?=\s|\])/g, '')
      .trim()
      .split('\n'),
  );
  const examples = lines.map((line) => JSON.parse(line));
  expect(new Set(examples.map((example) => example.type))).toEqual(new Set(Object.keys(TYPES)));
  expect(examples.filter((example) => example.v !== 1 || Number.isNaN(Date.parse(example.at)))).toEqual([]);
});
