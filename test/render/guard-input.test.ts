import { expect, test } from 'vitest';
import { acceptancesFile, contractFile, layersFile, neutralFile, pinFile } from '../../src/render/guard-input.ts';
import { base, config, layer, service } from '../helpers/builders.ts';

test("layers are counted from the root ancestor's first", () => {
  const images = [
    base('base', { layers: ['os', 'ssh'] }),
    service('web', 'base', { layers: ['nginx'] }),
    service('api', 'web', { layers: ['api', 'flags'] }),
  ] as const;
  const positions = (image: (typeof images)[number], ...names: readonly string[]) =>
    JSON.parse(
      layersFile(
        config(images),
        image,
        names.map((name) => layer(name)),
      ),
    ).map(({ name, position }: { name: string; position: number }) => `${position} ${name}`);
  expect(positions(images[0], 'os', 'ssh')).toEqual(['1 os', '2 ssh']);
  expect(positions(images[2], 'api', 'flags')).toEqual(['4 api', '5 flags']);
});

test('a pin stands where the first layer of the image does, even where there is none', () => {
  const pin = { release: '2023.6.20250101' };
  const images = [base('base', { layers: ['os', 'ssh'], packages: pin }), service('web', 'base')] as const;
  expect(JSON.parse(pinFile(config(images), images[0], pin))).toEqual({ pin, position: 1 });
  expect(JSON.parse(pinFile(config(images), images[1], pin))).toEqual({ pin, position: 3 });
});

test('the guard gets rows without where their facts come from', () => {
  const { releases, rows } = JSON.parse(contractFile());
  expect(releases['debian:12']).toEqual({ id: 'debian', version: '12' });
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row: object) => 'source' in row)).toEqual([]);
});

test('so does the scan for what is of one region, and each layer’s acceptances by name', () => {
  const { rows, roots } = JSON.parse(neutralFile());
  expect(rows.filter((row: object) => 'source' in row)).toEqual([]);
  expect(roots).toContain('/etc');
  const accept = [
    { rule: 'region-id', path: '/etc/*.conf', reason: 'known', line: 2 },
    { rule: 'region-arn', reason: 'known', line: 3 },
  ];
  const { web, api } = JSON.parse(acceptancesFile([layer('web', { accept }), layer('api')]));
  expect(api).toEqual([]);
  expect(new RegExp(web[0].path).test('/etc/app.conf')).toBe(true);
  expect(new RegExp(web[0].path).test('/etc/app/app.conf')).toBe(false);
  expect(web[1]).toEqual({ rule: 'region-arn', path: null, reason: 'known' });
});
