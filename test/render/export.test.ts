import { createJiti } from 'jiti';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { EXPORT_FORMATS } from '../../src/model/channel.ts';
import type { ExportRequest } from '../../src/render/export/request.ts';
import { exportText } from '../../src/render/export.ts';
import { imageName } from '../helpers/builders.ts';
import { EXPORT_CASES } from '../helpers/export-cases.ts';

const [one, several] = [EXPORT_CASES.one, EXPORT_CASES.several] as [ExportRequest, ExportRequest];

describe.each(Object.entries(EXPORT_CASES))('%s', (name, request) => {
  test.each(EXPORT_FORMATS)('as %s', async (format) => {
    const text = exportText(format, request);
    await expect(text).toMatchFileSnapshot(`../fixtures/exported/${name}.${format}.txt`);
    const backwards = { ...request, images: request.images.toReversed() };
    expect(exportText(format, backwards)).toBe(text);
  });
});

test('CloudFormation finds an AMI by region and architecture, in the map of the account', () => {
  expect(parse(exportText('cloudformation', one))).toEqual({
    Mappings: {
      ApiRegionMap: {
        'eu-west-1': { X8664: 'ami-00000000000000002' },
        'us-east-1': { X8664: 'ami-00000000000000001' },
      },
    },
  });
  const { Mappings } = parse(exportText('cloudformation', several));
  expect(Object.keys(Mappings)).toEqual(['ApiRegionMap111122223333', 'ApiRegionMap444455556666', 'Worker2RegionMap']);
});

test('CloudFormation cannot have two images whose names differ in hyphens only', () => {
  const images = ['api-1', 'api1'].flatMap((name) => one.images.map((image) => ({ ...image, image: imageName(name) })));
  expect(() => exportText('cloudformation', { ...one, images })).toThrow(
    expect.objectContaining({ code: 'export-names-clash', message: expect.stringContaining('api-1 and api1') }),
  );
  expect(parse(exportText('cloudformation', EXPORT_CASES.none as ExportRequest))).toEqual({ Mappings: {} });
});

test('the CDK gets a map of regions for each architecture', () => {
  const { amis } = createJiti(import.meta.url).evalModule(exportText('cdk', several), {
    filename: `${import.meta.dirname}/amis.ts`,
  }) as {
    amis: Record<string, Record<string, unknown>>;
  };
  expect(amis.api?.['111122223333']).toEqual({
    arm64: { 'eu-west-1': 'ami-00000000000000008', 'us-east-1': 'ami-00000000000000007' },
    x86_64: { 'eu-west-1': 'ami-00000000000000009', 'us-east-1': 'ami-00000000000000006' },
  });
});

test('JSON has the versions too', () => {
  expect(JSON.parse(exportText('json', several))).toEqual({
    version: 1,
    project: 'acme',
    channel: 'prod',
    images: Object.fromEntries(several.images.map(({ image, version, amis }) => [image, { version, amis }])),
  });
});
