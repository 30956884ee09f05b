import { expect, test } from 'vitest';
import { formatError } from '../../src/report/error.ts';
import { chooseColor, chooseMode } from '../../src/report/mode.ts';

test.each([
  [{ json: true, isTTY: true, env: {} }, 'json'],
  [{ json: false, isTTY: true, env: {} }, 'live'],
  [{ json: false, isTTY: true, env: { CI: 'true' } }, 'line'],
  [{ json: false, isTTY: true, env: { CI: 'false' } }, 'live'],
  [{ json: false, isTTY: true, env: { TERM: 'dumb' } }, 'line'],
  [{ json: false, isTTY: false, env: {} }, 'line'],
])('%j is %s', (surroundings, expected) => {
  expect(chooseMode(surroundings)).toBe(expected);
});

test.each([
  [{ isTTY: true, env: {} }, true],
  [{ isTTY: true, env: { NO_COLOR: '1' } }, false],
  [{ isTTY: true, env: { NO_COLOR: '' } }, true],
  [{ isTTY: false, env: { FORCE_COLOR: '1' } }, true],
  [{ isTTY: true, env: { FORCE_COLOR: '0' } }, false],
  [{ isTTY: true, env: { NO_COLOR: '1', FORCE_COLOR: '1' } }, false],
  [{ isTTY: true, env: { TERM: 'dumb' } }, false],
  [{ isTTY: false, env: {} }, false],
])('%j has colour: %s', (surroundings, expected) => {
  expect(chooseColor(surroundings)).toBe(expected);
});

test('formatError says what failed, then details, then what to do', () => {
  const error = {
    code: 'config-invalid',
    message: '2 problems in bake.config.ts',
    details: ['images.api: no parent', 'region: "us" is not\na region'],
    hint: 'See bake.config.ts.',
    blame: 'user',
  } as const;
  expect(formatError(error, { color: false })).toBe(
    'Error: 2 problems in bake.config.ts\n  images.api: no parent\n  region: "us" is not\n  a region\n  → See bake.config.ts.',
  );
  expect(
    formatError({ code: 'x', message: 'm', blame: 'bug' }, { color: false, debugStack: 'Error: m\n    at f' }),
  ).toBe('Error: m\n\nError: m\n    at f');
});
