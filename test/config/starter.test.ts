import fc from 'fast-check';
import { expect, it } from 'vitest';
import { suggestedStarter } from '../../src/config/starter.ts';
import { parseProjectName } from '../../src/model/ids.ts';

it.each([
  ['/home/me/acme', 'acme'],
  ['/home/me/Web Shop (2)', 'web-shop-2'],
  ['/home/me/2026-images', 'images'],
  ['/home/me/snake_case.d', 'snake-case-d'],
  ['/home/me/Été', 'ete'],
  ['/home/me/東京', 'project'],
  ['/', 'project'],
  [`/home/me/${'a'.repeat(31)}-${'b'.repeat(40)}`, 'a'.repeat(31)],
])('suggests for %s the project %s', (folder, project) => {
  expect(suggestedStarter(folder, {}).project).toBe(project);
});

it('suggests a name that is one, whatever the folder is called', () => {
  const folders = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(fc.property(folders, (name) => parseProjectName(suggestedStarter(`/x/${name}`, {}).project) !== undefined));
});

it('suggests the first region of the environment that is one', () => {
  const region = (env: Record<string, string>) => suggestedStarter('/acme', env).region;
  expect(region({ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-north-1' })).toBe('eu-west-1');
  expect(region({ AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-north-1' })).toBe('eu-north-1');
  expect(region({ AWS_REGION: 'local' })).toBe('us-east-1');
});
