import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLayerTexts } from '../../src/config/layers/texts.ts';
import { listLayers, readLayers } from '../../src/config/layers.ts';
import { lintLayers } from '../../src/contract/lint.ts';
import type { LayerName } from '../../src/model/ids.ts';
import { RELEASES } from '../../src/model/release.ts';
import { brief } from '../helpers/linting.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/harmless-layers');

/** What a first boot does not touch, or is told not to; mentions of what it would; reads and removals. */
test.each([...RELEASES, undefined])('no false alarm on harmless layers: %s', async (release) => {
  const names = (await listLayers(FIXTURES)) as readonly LayerName[];
  const { layers, problems } = await readLayers(FIXTURES, names);
  expect(problems).toEqual([]);
  const texts = await Promise.all(
    [...layers.values()].map(async (layer) => ({ layer, texts: await readLayerTexts(layer), own: true })),
  );
  const found = lintLayers({ layers: texts, release }).filter(({ severity }) => severity !== 'protected');
  expect(found.map((finding) => `${finding.layer} ${brief(finding)}`)).toEqual([]);
});
