import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { problemsOf, withSettings } from './problems-of.ts';
import { projectWith } from './project.ts';

describe('keep', () => {
  test.each<[string, object, readonly string[]]>([
    ['with everything', { last: 5, days: 90, grace: '14d' }, []],
    ['with nothing', {}, []],
    ['of no version', { last: 0 }, ['keep.last: 0 is less than 1']],
    ['of a part of a day', { days: 0.5 }, ['keep.days: 0.5 is not a whole number of days']],
    ['with a grace that is none', { grace: 'a week' }, [`keep.grace: "a week" is not an age such as '12h' or '7d'`]],
    ['with a word of its own', { versions: 3 }, ['keep.versions: unknown key; keys here are last, days, grace']],
  ])('%s', (_, keep, expected) => expect(problemsOf(withSettings({ keep }))).toEqual(expected));
});

test('is inherited key by key, has defaults where it is written, and is none where it is not', async () => {
  const images = {
    base: { source: 'debian:12' },
    api: { parent: 'base', keep: { last: 10 } },
  };
  const keepOf = async (settings: object) => {
    await using project = await projectWith({
      'bake.config.json': JSON.stringify({ project: 'acme', region: 'us-east-1', ...settings, images }),
      'layers/x/layer.yaml': '',
    });
    const config = await loadConfig({ cwd: project.root });
    return [...config.images.values()].map(({ keep }) => keep);
  };
  expect(await keepOf({ keep: { days: 60, grace: '12h' } })).toEqual([
    { last: 3, days: 60, grace: 43_200 },
    { last: 10, days: 60, grace: 43_200 },
  ]);
  expect(await keepOf({})).toEqual([undefined, { last: 10, days: 30, grace: 604_800 }]);
});
