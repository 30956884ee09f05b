import { describe, expect, test } from 'vitest';
import { chooseImages } from '../../src/commands/choose-images.ts';
import { base, config, service } from '../helpers/builders.ts';

// base ── web-a ── web-a-debug, base ── web-b, base ── api, other
const CONFIG = config([
  base('base'),
  service('web-a', 'base'),
  service('web-a-debug', 'web-a'),
  service('web-b', 'base'),
  service('api', 'base'),
  base('other'),
]);
const choose = (only: readonly string[], except: readonly string[] = []) =>
  chooseImages(CONFIG, { only, except }).map(({ name }) => name);

describe('images are chosen', () => {
  test.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['all', [], [], ['base', 'web-a', 'web-a-debug', 'web-b', 'api', 'other']],
    ['by name, in the order of the configuration', ['api', 'base'], [], ['base', 'api']],
    ['by glob', ['web-?'], [], ['web-a', 'web-b']],
    ['by several, each once', ['{api,other}', 'a*'], [], ['api', 'other']],
    ['less some and what stands on them', ['web-*'], ['web-a'], ['web-b']],
    ['less a base and all that stands on it', [], ['base'], ['other']],
  ])('%s', (_, only, except, names) => {
    expect(choose(only, except)).toEqual(names);
  });
});

test.each<[string, readonly string[], readonly string[], string, string]>([
  ['fits nothing', ['wbe-a'], [], '"wbe-a" fits no image', 'Did you mean web-a? Images are base, web-a,'],
  ['fits nothing either', [], ['!api'], '"!api" fits no image', 'Did you mean api?'],
  ['leaves nothing', ['web-a'], ['base'], 'no image is left of web-a --except base', '--except leaves out'],
])('a choice that %s is refused', (_, only, except, message, hint) => {
  expect(() => choose(only, except)).toThrow(
    expect.objectContaining({ code: 'usage', message, hint: expect.stringContaining(hint) }),
  );
});
